import { Type } from 'typebox';
import type { OrderConditions } from '../../adapters/postgres/order-conditions.ts';
import type { OrderReader } from '../../adapters/postgres/order-reader.ts';
import { CancelRequest, OrderRequest, OrderSearch, OrderView } from '../../contracts/http/order.ts';
import { orderFilterParameters } from '../../contracts/http/order-lists.ts';
import { orderIdOf } from '../../orders/order-id.ts';
import type { OrderService } from '../../orders/order-service.ts';
import { bodyMayBeAbsent } from '../lib/body-may-be-absent.ts';
import { decodeCursor, encodeCursor } from '../lib/cursor.ts';
import { idempotencyKeyOf } from '../lib/idempotency-key.ts';
import { PLACED_ORDER } from '../openapi/order-examples.ts';
import { callerOf, clientOf } from '../plugins/authentication.ts';
import { preferredWait } from '../lib/prefer.ts';
import { toPage, type Page } from '../lib/pages.ts';
import {
  BODY_PROBLEMS,
  Cursor,
  DEFAULT_LIMIT,
  described,
  OrderPath,
  pageOf,
  PageLimit,
  problems,
} from '../lib/schemas.ts';
import type { Api } from '../lib/types.ts';
import { wantedOrders } from '../../orders/wanted-orders.ts';

export interface OrderRoutesParts {
  orders: OrderService;
  reader: OrderReader;
}

const PlaceHeaders = Type.Object({
  'Idempotency-Key': Type.String({
    description:
      'Your own unique id of this order, 1 to 255 printable ASCII characters. The same key and body return the same order, without a limit of time.',
  }),
  Prefer: Type.Optional(
    Type.String({ description: '`wait=N` waits up to N seconds (at most 60) for the outcome.' }),
  ),
});

const CancelHeaders = Type.Object({
  'Idempotency-Key': Type.Optional(
    Type.String({
      description:
        'Your own unique id of this cancellation. Required with `lines`, where a repeat would cancel more pieces.',
    }),
  ),
});

const PLACED_HEADERS = ['Location', 'Preference-Applied', 'Idempotency-Replayed'] as const;

const ListQuery = Type.Object(
  {
    ...orderFilterParameters(),
    email: Type.Optional(
      Type.String({
        format: 'email',
        maxLength: 254,
        description: 'Only orders of the customer with this address.',
      }),
    ),
    sort: Type.Optional(
      Type.Enum(['newest', 'oldest'], {
        title: 'OrderSort',
        default: 'newest',
        description: 'Which orders come first. A cursor belongs to the sequence of its page.',
      }),
    ),
    limit: PageLimit,
    cursor: Cursor,
  },
  { additionalProperties: false },
);

interface PageAsked {
  limit?: number | undefined;
  cursor?: string | undefined;
  sort?: 'newest' | 'oldest' | undefined;
}

const CREATED_AT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const ORDER_ID = /^[\x21-\x7e]{1,100}$/;

export function orderRoutes(app: Api, { orders, reader }: OrderRoutesParts): void {
  app.post(
    '/v1/orders',
    {
      config: { scope: 'orders:write' },
      schema: {
        operationId: 'placeOrder',
        summary: 'Place an order',
        description:
          'Prices come from the catalogue. The order is durable when you have the response, and is then processed to its end, whatever fails.',
        tags: ['orders'],
        headers: PlaceHeaders,
        body: OrderRequest,
        response: {
          200: described(OrderView, 'The outcome is known: `paid`, or a failed status.', ...PLACED_HEADERS),
          202: described(
            { ...OrderView, examples: [PLACED_ORDER] },
            'The order is accepted, and its outcome is not known yet.',
            ...PLACED_HEADERS,
          ),
          ...problems(
            ...BODY_PROBLEMS,
            'unknown_sku',
            'currency_mismatch',
            'currency_not_supported',
            'amount_not_chargeable',
            'idempotency_key_required',
            'idempotency_key_invalid',
            'total_mismatch',
            'idempotency_key_reused',
            'sku_paused',
            'too_busy',
            'intake_paused',
          ),
        },
      },
    },
    async (request, reply) => {
      const wait = preferredWait(request.headers.prefer);
      const { order, decided, replayed } = await orders.place({
        ...callerOf(request),
        key: idempotencyKeyOf(request),
        request: request.body,
        origin: { by: 'http' },
        waitMs: wait * 1_000,
        isAbandoned: () => request.raw.socket.destroyed,
      });
      reply.header('Location', `/v1/orders/${order.orderId}`);
      if (wait > 0) reply.header('Preference-Applied', `wait=${wait}`);
      if (replayed) reply.header('Idempotency-Replayed', 'true');
      return reply.code(decided ? 200 : 202).send(order);
    },
  );

  app.get(
    '/v1/orders/:orderId',
    {
      config: { scope: 'orders:read' },
      schema: {
        operationId: 'getOrder',
        summary: 'Retrieve an order',
        tags: ['orders'],
        params: OrderPath,
        response: { 200: described(OrderView, 'The order.'), ...problems('order_not_found') },
      },
    },
    (request) => orders.find(clientOf(request).clientId, request.params.orderId),
  );

  app.get(
    '/v1/orders',
    {
      config: { scope: 'orders:read' },
      schema: {
        operationId: 'listOrders',
        summary: 'List orders, newest first',
        description: 'An order is in the list as soon as its stock was reserved or refused.',
        tags: ['orders'],
        querystring: ListQuery,
        response: { 200: described(pageOf('OrderList', OrderView), 'One page.'), ...problems() },
      },
    },
    (request) => {
      const { limit, cursor, sort, email, ...filter } = request.query;
      const wanted = wantedOrders(clientOf(request).clientId, filter);
      return listOrders({ ...wanted, ...(email !== undefined && { email }) }, { limit, cursor, sort });
    },
  );

  app.post(
    '/v1/orders/search',
    {
      config: { scope: 'orders:read' },
      preValidation: bodyMayBeAbsent,
      schema: {
        operationId: 'searchOrders',
        summary: 'Search orders, newest first',
        description: 'As the list of orders, with no personal data in the URL. Changes nothing.',
        tags: ['orders'],
        body: OrderSearch,
        response: {
          200: described(pageOf('OrderList', OrderView), 'One page.'),
          ...problems(...BODY_PROBLEMS),
        },
      },
    },
    (request) => {
      const { limit, cursor, q, ...filter } = request.body;
      const { clientId } = clientOf(request);
      const wanted = {
        clientId,
        ...filter,
        ...(q !== undefined && { q, orderOfKey: orderIdOf(clientId, q) }),
      };
      return listOrders(wanted, { limit, cursor });
    },
  );

  async function listOrders(
    wanted: OrderConditions,
    { limit = DEFAULT_LIMIT, cursor, sort = 'newest' }: PageAsked,
  ): Promise<Page<OrderView>> {
    const [createdAt, orderId] = cursor === undefined ? [] : decodeCursor(cursor, [CREATED_AT, ORDER_ID]);
    const found = await reader.list({
      ...wanted,
      sort,
      limit: limit + 1,
      ...(createdAt !== undefined && orderId !== undefined && { cursor: { createdAt, orderId } }),
    });
    return toPage(
      found,
      limit,
      (order) => order,
      (last) => encodeCursor(last.createdAt, last.orderId),
    );
  }

  app.post(
    '/v1/orders/:orderId/cancel',
    {
      config: { scope: 'orders:write', logs: { action: 'order_cancelled', object: 'order' } },
      preValidation: bodyMayBeAbsent,
      schema: {
        operationId: 'cancelOrder',
        summary: 'Cancel an order',
        description:
          'Possible until the order ships. Cancelling it again has no further effect. With `lines`, only these pieces are cancelled, and the order goes on with the rest; the Idempotency-Key is required then. A step that fails waits for an operator (`attention`).',
        tags: ['orders'],
        params: OrderPath,
        headers: CancelHeaders,
        body: CancelRequest,
        response: {
          200: described(
            OrderView,
            'Cancelled: the stock is released, and the payment was refunded, voided or never taken.',
          ),
          202: described(
            OrderView,
            'The cancellation is accepted and takes longer than usual; retrieve the order to see the result.',
          ),
          ...problems(
            ...BODY_PROBLEMS,
            'idempotency_key_required',
            'idempotency_key_invalid',
            'order_not_found',
            'too_late',
            'payment_disputed',
            'not_paid',
            'quantity_exceeds_line',
            'idempotency_key_reused',
          ),
        },
      },
    },
    async (request, reply) => {
      const { lines, reason } = request.body;
      const command = {
        clientId: clientOf(request).clientId,
        orderId: request.params.orderId,
        ...(reason !== undefined && { reason }),
      };
      const { order, cancelled } = await (lines
        ? orders.cancelLines({ ...command, lines, key: idempotencyKeyOf(request) })
        : orders.cancel(command));
      return reply.code(cancelled ? 200 : 202).send(order);
    },
  );

  app.addHook('preClose', (done) => {
    orders.stopWaiting();
    done();
  });
}
