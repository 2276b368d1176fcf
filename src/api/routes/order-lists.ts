import { Readable } from 'node:stream';
import { Type } from 'typebox';
import type { ExportOrders } from '../../adapters/postgres/order-export.ts';
import type { OperatorLog } from '../../adapters/postgres/operator-log.ts';
import type { OrderReader } from '../../adapters/postgres/order-reader.ts';
import { Problem } from '../../contracts/errors.ts';
import { orderFilterParameters, OrderCount } from '../../contracts/http/order-lists.ts';
import { orderTable } from '../lib/order-table.ts';
import { described, problems } from '../lib/schemas.ts';
import type { Api } from '../lib/types.ts';
import { wantedOrders } from '../../orders/wanted-orders.ts';
import { clientOf, loggedClientOf } from '../plugins/authentication.ts';

export interface OrderListParts {
  reader: OrderReader;
  exportOrders: ExportOrders;
  operatorLog: OperatorLog;
}

const ExportQuery = Type.Object(
  {
    ...orderFilterParameters(),
    customers: Type.Optional(
      Type.Boolean({
        default: false,
        description:
          'true: with mail address, name and shipping address; needs the scope `customers:reveal`.',
      }),
    ),
  },
  { additionalProperties: false },
);

/** Says what belongs to a list of orders beside its pages: how many there are, and all of them as a table. */
export function orderListRoutes(app: Api, { reader, exportOrders, operatorLog }: OrderListParts): void {
  app.get(
    '/v1/orders/count',
    {
      config: { scope: 'orders:read' },
      schema: {
        operationId: 'countOrders',
        summary: 'Count orders',
        description: 'Exact up to 10,000, and an estimate beyond.',
        tags: ['orders'],
        querystring: Type.Object(orderFilterParameters(), { additionalProperties: false }),
        response: { 200: described(OrderCount, 'How many orders match.'), ...problems() },
      },
    },
    (request) => reader.count(wantedOrders(clientOf(request).clientId, request.query)),
  );

  app.get(
    '/v1/orders/export',
    {
      config: { scope: 'orders:read' },
      schema: {
        operationId: 'exportOrders',
        summary: 'Export orders as CSV, newest first',
        description:
          'Streams every order that matches, one row each, with the names of the columns in the first row; amounts are in major units. Personal data is in the table only with `customers=true`. Texts that a spreadsheet would take for a formula begin with an apostrophe. Each call adds an entry to the log before it answers. An export that ends early has failed: its connection is closed without the end of the body.',
        tags: ['orders'],
        querystring: ExportQuery,
        response: {
          200: {
            description: 'The table.',
            content: {
              'text/csv': { schema: Type.Unsafe<Readable>({ type: 'string', description: 'As RFC 4180.' }) },
            },
          },
          ...problems(),
        },
      },
    },
    async (request, reply) => {
      const { customers = false, ...filter } = request.query;
      const { clientId, scopes } = clientOf(request);
      if (customers && !scopes.has('customers:reveal'))
        throw new Problem('forbidden', 'Use an API key with the scope customers:reveal.');
      const wanted = wantedOrders(clientId, filter);
      await operatorLog.add(loggedClientOf(request), {
        action: customers ? 'customers_exported' : 'orders_exported',
        object: { type: 'order' },
      });
      const day = new Date().toISOString().slice(0, 10);
      return reply
        .type('text/csv; charset=utf-8; header=present')
        .headers({
          'Cache-Control': 'no-store',
          'Content-Disposition': `attachment; filename="orders-${day}.csv"`,
        })
        .send(Readable.from(orderTable(exportOrders({ ...wanted, withCustomer: customers }), customers)));
    },
  );
}
