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
import { bodyMayBeAbsent } from '../lib/body-may-be-absent.ts';
import { idempotencyKeyOf } from '../lib/idempotency-key.ts';
import { callerOf } from '../plugins/authentication.ts';
import { BODY_PROBLEMS, described, OrderPath, problems } from '../lib/schemas.ts';
import type { Api } from '../lib/types.ts';

const RefundHeaders = Type.Object({
  'Idempotency-Key': Type.String({
    description:
      'Your own unique id of this refund. The same key and body are the same refund, without a limit of time.',
  }),
});

const CaptureHeaders = Type.Object({
  'Idempotency-Key': Type.String({
    description:
      'Your own unique id of this capture. The same key and body are the same capture, without a limit of time.',
  }),
});

const AttentionHeaders = Type.Object({
  'Idempotency-Key': Type.Optional(
    Type.String({
      description:
        'Your own unique id of this action, which is done once. Without it, the same action is a repeat until the step has failed again.',
    }),
  ),
});

const RefundOfOrder = Type.Object(
  { orderId: Type.String(), ...RefundView.properties },
  { additionalProperties: false, title: 'RefundResult' },
);

/** Operations of the shop and its operators on an order that was placed. */
export function orderOperationRoutes(app: Api, orders: OrderService): void {
  app.post(
    '/v1/orders/:orderId/refunds',
    {
      config: { scope: 'payments:write', logs: { action: 'refund_requested', object: 'order' } },
      preValidation: bodyMayBeAbsent,
      schema: {
        operationId: 'refundOrder',
        summary: 'Refund an order',
        description:
          'In full, an amount, or the money of certain pieces. All refunds together never exceed what was captured, and the parts of a line sum to the line. The stock changes only with `restock`.',
        tags: ['payments'],
        params: OrderPath,
        headers: RefundHeaders,
        body: RefundRequestBody,
        response: {
          200: described(RefundOfOrder, 'The payment provider has made the refund.'),
          202: described(
            RefundOfOrder,
            'The refund is accepted, and the payment provider has not made it yet.',
          ),
          ...problems(
            ...BODY_PROBLEMS,
            'idempotency_key_invalid',
            'order_not_found',
            'not_refundable',
            'payment_disputed',
            'currency_not_supported',
            'amount_not_chargeable',
            'refund_exceeds_captured',
            'quantity_exceeds_line',
            'not_restockable',
            'idempotency_key_required',
            'idempotency_key_reused',
          ),
        },
      },
    },
    async (request, reply) => {
      const { refund, settled } = await orders.refund({
        ...callerOf(request),
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
      config: { scope: 'payments:write', logs: { action: 'capture_requested', object: 'order' } },
      preValidation: bodyMayBeAbsent,
      schema: {
        operationId: 'captureOrder',
        summary: 'Capture the payment of an order',
        description:
          'For a shop that authorises first. In full or in part. All captures together never exceed what was authorised.',
        tags: ['payments'],
        params: OrderPath,
        headers: CaptureHeaders,
        body: CaptureRequestBody,
        response: {
          200: described(OrderView, 'The payment provider has made the capture.'),
          202: described(OrderView, 'The capture is accepted, and the payment provider has not made it yet.'),
          ...problems(
            ...BODY_PROBLEMS,
            'idempotency_key_invalid',
            'order_not_found',
            'not_capturable',
            'currency_not_supported',
            'amount_not_chargeable',
            'capture_exceeds_authorized',
            'idempotency_key_required',
            'idempotency_key_reused',
          ),
        },
      },
    },
    async (request, reply) => {
      const { order, settled } = await orders.capture({
        ...callerOf(request),
        orderId: request.params.orderId,
        key: idempotencyKeyOf(request),
        request: request.body,
      });
      return reply.code(settled ? 200 : 202).send(order);
    },
  );

  app.post(
    '/v1/orders/:orderId/review',
    {
      config: { scope: 'orders:review', logs: { action: 'order_reviewed', object: 'order' } },
      schema: {
        operationId: 'reviewOrder',
        summary: 'Approve or reject an order in review',
        description: 'The first decision counts. The same decision again has no further effect.',
        tags: ['orders'],
        params: OrderPath,
        body: ReviewRequest,
        response: {
          200: described(
            OrderView,
            'The decision is made: an approved order goes on, a rejected order has ended.',
          ),
          ...problems(...BODY_PROBLEMS, 'order_not_found', 'not_in_review'),
        },
      },
    },
    (request) =>
      orders.review({
        ...callerOf(request),
        orderId: request.params.orderId,
        ...request.body,
      }),
  );

  app.post(
    '/v1/orders/:orderId/payment-check',
    {
      config: { scope: 'orders:repair', logs: { action: 'payment_checked', object: 'order' } },
      schema: {
        operationId: 'checkPayment',
        summary: 'Ask the provider for the payment now',
        description:
          'An order whose payment has no outcome goes on with the answer of the provider, without waiting for its event or for the next look. An order that is decided is brought to what the provider has. Asking takes no money, and asking again has no further effect.',
        tags: ['payments'],
        params: OrderPath,
        response: {
          202: described(OrderView, 'The provider is being asked. The order shows the answer.'),
          ...problems('order_not_found', 'no_payment'),
        },
      },
    },
    async (request, reply) => {
      const { orderId } = request.params;
      return reply.code(202).send(await orders.checkPayment({ ...callerOf(request), orderId }));
    },
  );

  app.post(
    '/v1/orders/:orderId/attention',
    {
      config: { scope: 'orders:repair', logs: { action: 'attention_resolved', object: 'order' } },
      schema: {
        operationId: 'resolveAttention',
        summary: 'Resolve a parked step',
        description:
          '`retry` tries the step again at once. `skip` goes on without it. `resolve` goes on without it because you have done it by other means. The note is kept in the events.',
        tags: ['orders'],
        params: OrderPath,
        headers: AttentionHeaders,
        body: AttentionRequest,
        response: {
          200: described(OrderView, 'The action was applied; `attention` shows whether a step still waits.'),
          ...problems(
            ...BODY_PROBLEMS,
            'idempotency_key_invalid',
            'order_not_found',
            'no_attention_needed',
            'action_not_possible',
          ),
        },
      },
    },
    (request) =>
      orders.resolveAttention({
        ...callerOf(request),
        orderId: request.params.orderId,
        ...request.body,
        ...(request.headers['idempotency-key'] !== undefined && { key: idempotencyKeyOf(request) }),
      }),
  );
}
