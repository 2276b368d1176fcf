import { Type } from 'typebox';
import type { MailLog, ReopenedMails } from '../../adapters/postgres/mail-log.ts';
import { MailView, ResendMailsRequest } from '../../contracts/http/mail.ts';
import { bodyMayBeAbsent } from '../lib/body-may-be-absent.ts';
import { clientOf } from '../plugins/authentication.ts';
import { bareMessageId, receivedMails } from '../lib/sandbox-mails.ts';
import { BODY_PROBLEMS, DEFAULT_LIMIT, described, OrderPath, PageLimit, problems } from '../lib/schemas.ts';
import { maskText } from '../../domain/masking.ts';
import type { OrderService } from '../../orders/order-service.ts';
import type { Api } from '../lib/types.ts';

export interface MailRoutesParts {
  orders: Pick<OrderService, 'find'>;
  mailLog: MailLog;
  /** The URL of the sandbox, which has the text of the mails that it received. Undefined: there is no sandbox. */
  sandboxUrl: string | undefined;
  resendMails: (asked: ReopenedMails) => Promise<MailView[]>;
}

const MailsQuery = Type.Object(
  {
    orderId: Type.Optional(
      Type.String({ pattern: '^[\\x21-\\x7e]{1,100}$', description: 'Only mails of this order.' }),
    ),
    limit: PageLimit,
  },
  { additionalProperties: false },
);
const Mails = Type.Object({ data: Type.Array(MailView) }, { additionalProperties: false, title: 'MailList' });

export function mailRoutes(app: Api, { orders, mailLog, sandboxUrl, resendMails }: MailRoutesParts): void {
  app.get(
    '/v1/mails',
    {
      config: { scope: 'mails:read' },
      schema: {
        operationId: 'listMails',
        summary: 'List mails to customers',
        description:
          'The mails of one order, oldest first; or the newest mails of all orders. With the sandbox, the mails of one order have their text.',
        tags: ['operation'],
        querystring: MailsQuery,
        response: { 200: described(Mails, 'The mails.'), ...problems() },
      },
    },
    async (request) => {
      const { orderId, limit = DEFAULT_LIMIT } = request.query;
      const { clientId } = clientOf(request);
      const mails = await mailLog.list({ clientId, limit, ...(orderId !== undefined && { orderId }) });
      if (sandboxUrl === undefined || orderId === undefined || mails.length === 0) return { data: mails };
      const received = await receivedMails(sandboxUrl, orderId);
      if (!received) return { data: mails };
      // A mail names the customer, who is masked for an operator at the board.
      const order = request.boardSession ? await orders.find(clientId, orderId) : undefined;
      const shown = (text: string) => (order ? maskText(text, order) : text);
      const data = mails.map((mail) => {
        const found = received.get(bareMessageId(mail.messageId));
        if (!found) return { ...mail, copies: 0 };
        const { body, subject, copies } = found;
        return { ...mail, copies, subject: shown(subject), body: shown(body) };
      });
      return { data };
    },
  );

  app.post(
    '/v1/orders/:orderId/mails/resend',
    {
      config: { scope: 'orders:repair', logs: { action: 'mails_resent', object: 'order' } },
      preValidation: bodyMayBeAbsent,
      schema: {
        operationId: 'resendMails',
        summary: 'Send the unsent mails of an order again',
        description:
          'All of them, or those of one kind, also those that the mail server has refused for good; to the corrected address if there is one. A mail that was sent is not sent twice.',
        tags: ['operation'],
        params: OrderPath,
        body: ResendMailsRequest,
        response: {
          202: described(Mails, 'The mails are being sent: all mails of the order.'),
          ...problems(...BODY_PROBLEMS, 'order_not_found', 'no_unsent_mail'),
        },
      },
    },
    async (request, reply) => {
      const { clientId } = clientOf(request);
      const data = await resendMails({ clientId, orderId: request.params.orderId, ...request.body });
      return reply.code(202).send({ data });
    },
  );
}
