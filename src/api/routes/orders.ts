import { Type } from 'typebox';
import type { OrderReader } from '../../adapters/postgres/order-reader.ts';
import { CancelRequest, OrderRequest, OrderStatusSchema, OrderView } from '../../contracts/http/order.ts';
import type { OrderService } from '../../orders/order-service.ts';
import { bodyMayBeAbsent } from '../body-may-be-absent.ts';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import { idempotencyKeyOf } from '../idempotency-key.ts';
import { clientOf } from '../plugins/authentication.ts';
import { preferredWait } from '../prefer.ts';
import { Cursor, DEFAULT_LIMIT, described, OrderPath, page, PageLimit, problems } from '../schemas.ts';
import type { Api } from '../types.ts';

export interface OrderRoutesParts {
  orders: OrderService;
  reader: OrderReader;
}

const PlaceHeaders = Type.Object({
  'Idempotency-Key': Type.String({
    description:
      'Your own unique name of this order, 1 to 255 printable ASCII characters. The same key and body answer the same order, for ever.',
  }),
  Prefer: Type.Optional(
    Type.String({ description: '`wait=N` waits up to N seconds (at most 60) for the outcome.' }),
  ),
});

const ListQuery = Type.Object(
  {
    status: Type.Optional(OrderStatusSchema),
    email: Type.Optional(Type.String({ format: 'email', maxLength: 254 })),
    attention: Type.Optional(
      Type.Boolean({ description: 'Only orders of which a step waits for an operator, or only the others.' }),
    ),
    limit: PageLimit,
    cursor: Cursor,
  },
  { additionalProperties: false },
);

const CREATED_AT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const ORDER_ID = /^[\x21-\x7e]{1,100}$/;

export function orderRoutes(app: Api, { orders, reader }: OrderRoutesParts): void {
  app.post(
    '/v1/orders',
    {
      config: { scope: 'orders:write' },
      schema: {
        summary: 'Place an order',
        description:
          'Prices come from the catalogue. The order is durable as soon as this answers, and is then carried to its end whatever happens.',
        tags: ['orders'],
        headers: PlaceHeaders,
        body: OrderRequest,
        response: {
          200: described(OrderView, 'The outcome is known: paid, or a failed status.'),
          202: described(OrderView, 'Accepted; the outcome is not known yet.'),
          ...problems(
            'invalid_json',
            'card_number_refused',
            'unknown_sku',
            'currency_mismatch',
            'idempotency_key_required',
            'idempotency_key_invalid',
            'total_mismatch',
            'body_too_large',
            'unsupported_media_type',
            'idempotency_key_reused',
          ),
        },
      },
    },
    async (request, reply) => {
      const wait = preferredWait(request.headers.prefer);
      const { order, decided, replayed } = await orders.place({
        clientId: clientOf(request).clientId,
        key: idempotencyKeyOf(request),
        request: request.body,
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
        summary: 'One order',
        tags: ['orders'],
        params: OrderPath,
        response: { 200: described(OrderView, 'The order as it is now.'), ...problems('order_not_found') },
      },
    },
    (request) => orders.find(clientOf(request).clientId, request.params.orderId),
  );

  app.get(
    '/v1/orders',
    {
      config: { scope: 'orders:read' },
      schema: {
        summary: 'Orders, newest first',
        description: 'An order appears here as soon as its stock has been reserved or refused.',
        tags: ['orders'],
        querystring: ListQuery,
        response: { 200: described(page(OrderView), 'One page.'), ...problems() },
      },
    },
    async (request) => {
      const { status, email, attention, limit = DEFAULT_LIMIT, cursor } = request.query;
      const [createdAt, orderId] = cursor === undefined ? [] : decodeCursor(cursor, [CREATED_AT, ORDER_ID]);
      const found = await reader.list({
        clientId: clientOf(request).clientId,
        limit: limit + 1,
        ...(status !== undefined && { status }),
        ...(email !== undefined && { email }),
        ...(attention !== undefined && { attention }),
        ...(createdAt !== undefined && orderId !== undefined && { cursor: { createdAt, orderId } }),
      });
      const data = found.slice(0, limit);
      const last = data.at(-1);
      const more = found.length > limit && last !== undefined;
      return { data, ...(more && { nextCursor: encodeCursor(last.createdAt, last.orderId) }) };
    },
  );

  app.post(
    '/v1/orders/:orderId/cancel',
    {
      config: { scope: 'orders:write' },
      preValidation: bodyMayBeAbsent,
      schema: {
        summary: 'Cancel an order',
        description:
          'Until it ships. Cancelling again answers the same. What has gone wrong on the way waits for an operator (`attention`).',
        tags: ['orders'],
        params: OrderPath,
        body: CancelRequest,
        response: {
          200: described(OrderView, 'Cancelled: the stock is back, and the money too or never taken.'),
          202: described(
            OrderView,
            'It is being cancelled, which takes longer than usual; the order shows what comes of it.',
          ),
          ...problems('order_not_found', 'too_late', 'invalid_json', 'card_number_refused'),
        },
      },
    },
    async (request, reply) => {
      const { order, cancelled } = await orders.cancel({
        clientId: clientOf(request).clientId,
        orderId: request.params.orderId,
        ...(request.body.reason !== undefined && { reason: request.body.reason }),
      });
      return reply.code(cancelled ? 200 : 202).send(order);
    },
  );

  app.addHook('preClose', (done) => {
    orders.stopWaiting();
    done();
  });
}
