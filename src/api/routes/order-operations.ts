import { randomUUID } from 'node:crypto';
import { Type } from 'typebox';
import {
  AttentionRequest,
  CaptureRequestBody,
  OrderView,
  RefundRequestBody,
  RefundView,
  ReviewRequest,
} from '../../contracts/http/order.ts';
import type { OrderService } from '../../orders/order-service.ts';
import { bodyMayBeAbsent } from '../body-may-be-absent.ts';
import { idempotencyKeyOf } from '../idempotency-key.ts';
import { clientOf } from '../plugins/authentication.ts';
import { described, OrderPath, problems } from '../schemas.ts';
import type { Api } from '../types.ts';

const RefundHeaders = Type.Object({
  'Idempotency-Key': Type.String({
    description: 'Your own unique name of this refund. The same key and body are one refund, for ever.',
  }),
});

const CaptureHeaders = Type.Object({
  'Idempotency-Key': Type.Optional(
    Type.String({
      description: 'Your own unique name of this capture. Without one a repeat is another capture.',
    }),
  ),
});

const RefundOfOrder = Type.Object(
  { orderId: Type.String(), ...RefundView.properties },
  { additionalProperties: false },
);

const WRONG_BODY = ['invalid_json', 'card_number_refused', 'idempotency_key_invalid'] as const;

/** What is done with an order after it was placed, by the shop or its operators. */
export function orderOperationRoutes(app: Api, orders: OrderService): void {
  app.post(
    '/v1/orders/:orderId/refunds',
    {
      config: { scope: 'payments:write' },
      preValidation: bodyMayBeAbsent,
      schema: {
        summary: 'Give money back',
        description: 'In full or in part, never more in all than was captured. The goods are not touched.',
        tags: ['payments'],
        params: OrderPath,
        headers: RefundHeaders,
        body: RefundRequestBody,
        response: {
          200: described(RefundOfOrder, 'The money has gone back.'),
          202: described(RefundOfOrder, 'Taken on; the provider has not done it yet.'),
          ...problems(
            ...WRONG_BODY,
            'order_not_found',
            'not_refundable',
            'refund_exceeds_captured',
            'idempotency_key_required',
            'idempotency_key_reused',
          ),
        },
      },
    },
    async (request, reply) => {
      const { refund, settled } = await orders.refund({
        clientId: clientOf(request).clientId,
        orderId: request.params.orderId,
        key: idempotencyKeyOf(request),
        request: request.body,
      });
      return reply.code(settled ? 200 : 202).send(refund);
    },
  );

  app.post(
    '/v1/orders/:orderId/capture',
    {
      config: { scope: 'payments:write' },
      preValidation: bodyMayBeAbsent,
      schema: {
        summary: 'Take authorised money',
        description:
          'Where the shop authorises first: whole or in part, never more in all than is authorised.',
        tags: ['payments'],
        params: OrderPath,
        headers: CaptureHeaders,
        body: CaptureRequestBody,
        response: {
          200: described(OrderView, 'The money is taken.'),
          202: described(OrderView, 'Taken on; the provider has not done it yet.'),
          ...problems(
            ...WRONG_BODY,
            'order_not_found',
            'not_capturable',
            'capture_exceeds_authorized',
            'idempotency_key_reused',
          ),
        },
      },
    },
    async (request, reply) => {
      const { order, settled } = await orders.capture({
        clientId: clientOf(request).clientId,
        orderId: request.params.orderId,
        key: request.raw.headers['idempotency-key'] === undefined ? randomUUID() : idempotencyKeyOf(request),
        request: request.body,
      });
      return reply.code(settled ? 200 : 202).send(order);
    },
  );

  app.post(
    '/v1/orders/:orderId/review',
    {
      config: { scope: 'orders:review' },
      schema: {
        summary: 'Decide on an order that waits for review',
        description: 'The first decision counts; the same one again is answered again.',
        tags: ['orders'],
        params: OrderPath,
        body: ReviewRequest,
        response: {
          200: described(OrderView, 'Decided: approved, the order goes on; rejected, it has ended.'),
          ...problems('invalid_json', 'card_number_refused', 'order_not_found', 'not_in_review'),
        },
      },
    },
    (request) =>
      orders.review({
        clientId: clientOf(request).clientId,
        orderId: request.params.orderId,
        ...request.body,
      }),
  );

  app.post(
    '/v1/orders/:orderId/attention',
    {
      config: { scope: 'orders:repair' },
      schema: {
        summary: 'Repair a parked step',
        description:
          '`retry` has it tried at once; `skip` has the story go on without it; `resolve` likewise, because you have done it by other means. The note is kept in the events.',
        tags: ['orders'],
        params: OrderPath,
        body: AttentionRequest,
        response: {
          200: described(OrderView, 'Done; `attention` shows whether a step still waits.'),
          ...problems(
            'invalid_json',
            'card_number_refused',
            'order_not_found',
            'no_attention_needed',
            'action_not_possible',
          ),
        },
      },
    },
    (request) =>
      orders.resolveAttention({
        clientId: clientOf(request).clientId,
        orderId: request.params.orderId,
        ...request.body,
      }),
  );
}
