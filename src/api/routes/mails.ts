import { Type } from 'typebox';
import type { MailLog } from '../../adapters/postgres/mail-log.ts';
import { MailView } from '../../contracts/http/mail.ts';
import { clientOf } from '../plugins/authentication.ts';
import { bareMessageId, receivedMails } from '../sandbox-mails.ts';
import { DEFAULT_LIMIT, described, PageLimit, problems } from '../schemas.ts';
import type { Api } from '../types.ts';

export interface MailRoutesParts {
  mailLog: MailLog;
  /** Where the mails of a laptop end up; there they can be read. */
  sandboxUrl: string | undefined;
}

const MailsQuery = Type.Object(
  { orderId: Type.Optional(Type.String({ pattern: '^[\\x21-\\x7e]{1,100}$' })), limit: PageLimit },
  { additionalProperties: false },
);
const Mails = Type.Object({ data: Type.Array(MailView) }, { additionalProperties: false });

export function mailRoutes(app: Api, { mailLog, sandboxUrl }: MailRoutesParts): void {
  app.get(
    '/v1/mails',
    {
      config: { scope: 'mails:read' },
      schema: {
        summary: 'Mails to customers',
        description:
          'Of one order, oldest first; or the newest of all. In the sandbox the mails of an order come with what they say.',
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
      const data = mails.map((mail) => ({
        ...mail,
        ...(received.get(bareMessageId(mail.messageId)) ?? { copies: 0 }),
      }));
      return { data };
    },
  );
}
