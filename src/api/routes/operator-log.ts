import { Type } from 'typebox';
import type { OperatorLog } from '../../adapters/postgres/operator-log.ts';
import { LogAction, LogEntry } from '../../contracts/http/board.ts';
import { RevealedCustomer } from '../../contracts/http/order.ts';
import type { OrderService } from '../../orders/order-service.ts';
import { decodeCursor, encodeCursor } from '../lib/cursor.ts';
import { toPage } from '../lib/pages.ts';
import { Cursor, DEFAULT_LIMIT, described, OrderPath, PageLimit, pageOf, problems } from '../lib/schemas.ts';
import type { Api } from '../lib/types.ts';
import { clientOf } from '../plugins/authentication.ts';

const LogQuery = Type.Object(
  {
    orderId: Type.Optional(
      Type.String({ pattern: '^[\\x21-\\x7e]{1,100}$', description: 'Only entries about this order.' }),
    ),
    action: Type.Optional({ ...LogAction, description: 'Only entries with this action.' }),
    limit: PageLimit,
    cursor: Cursor,
  },
  { additionalProperties: false },
);

const ENTRY_ID = /^\d{1,15}$/;

/** The log covers the whole shop, not one client: do not give its scope to storefronts. */
export function operatorLogRoutes(app: Api, log: OperatorLog, orders: OrderService): void {
  app.post(
    '/v1/orders/:orderId/reveal',
    {
      config: { scope: 'customers:reveal', revealsCustomer: true },
      schema: {
        operationId: 'revealCustomer',
        summary: 'Reveal the customer of an order',
        description:
          'Who is signed in at the board sees customers masked elsewhere. Each call adds an entry to the log before it answers.',
        tags: ['orders'],
        params: OrderPath,
        response: {
          200: described(RevealedCustomer, 'The customer and the address.'),
          ...problems('order_not_found'),
        },
      },
    },
    async (request, reply) => {
      const { clientId, keyId } = clientOf(request);
      const { orderId, customer, shipping } = await orders.find(clientId, request.params.orderId);
      const sessionId = request.boardSession?.sessionId;
      await log.add({ action: 'customer_revealed', clientId, keyId, sessionId, orderId });
      reply.header('Cache-Control', 'no-store');
      return { orderId, ...(customer && { customer }), ...(shipping && { shipping }) };
    },
  );

  app.get(
    '/v1/log',
    {
      config: { scope: 'log:read' },
      schema: {
        operationId: 'listLog',
        summary: 'List what operators did and saw, newest first',
        description:
          'Sign-ins and sign-outs at the board, revealed customers, and brakes that were set and released. Entries are never changed or deleted.',
        tags: ['board'],
        querystring: LogQuery,
        response: { 200: described(pageOf('LogEntryList', LogEntry), 'One page.'), ...problems() },
      },
    },
    async ({ query: { orderId, action, limit = DEFAULT_LIMIT, cursor } }) => {
      const [before] = cursor === undefined ? [] : decodeCursor(cursor, [ENTRY_ID]);
      const found = await log.list({
        limit: limit + 1,
        ...(orderId !== undefined && { orderId }),
        ...(action !== undefined && { action }),
        ...(before !== undefined && { before: Number(before) }),
      });
      return toPage(
        found,
        limit,
        (entry) => entry,
        ({ entryId }) => encodeCursor(String(entryId)),
      );
    },
  );
}
