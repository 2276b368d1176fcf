import assert from 'node:assert/strict';
import type { Api } from '../../../src/api/lib/types.ts';
import type {
  AttentionRequest,
  CaptureRequestBody,
  OrderEvent,
  OrderRequest,
  OrderView,
  RefundRequestBody,
  RefundView,
  ReviewRequest,
} from '../../../src/contracts/http/order.ts';
import type { LineQuantity } from '../../../src/contracts/http/shipments.ts';
import { eventName } from '../../../src/cli/output/orders.ts';
import { waitUntilPasses } from '../../../harness/wait-for.ts';
import { orderRequest } from '../../../harness/orders.ts';
import { getting, newKey, placing, problemOf, sending, type AnsweredProblem } from './requests.ts';

/** A response of the API: its body is `order`, `refund` or `problem`, depending on the status. */
export interface Answered {
  status: number;
  order: OrderView;
  refund: RefundView & { orderId: string };
  problem: AnsweredProblem;
}

/** The operations on orders over HTTP. */
export function orderCalls(app: Api) {
  async function send(path: string, body?: object, headers: Record<string, string> = {}): Promise<Answered> {
    const answer = await app.inject(sending('POST', path, body, headers));
    const status = answer.statusCode;
    return { status, order: answer.json(), refund: answer.json(), problem: problemOf(answer) };
  }

  async function order(orderId: string): Promise<OrderView> {
    return (await app.inject(getting(`/v1/orders/${orderId}`))).json<OrderView>();
  }

  return {
    order,

    /** Places an order of one mug, and returns it when it is at rest. */
    async place(changes: Partial<OrderRequest> = {}): Promise<OrderView> {
      const answer = await app.inject(placing(orderRequest(changes), { prefer: 'wait=30' }));
      assert.ok(answer.statusCode < 300, answer.body);
      return answer.json<OrderView>();
    },

    /** Waits until the check accepts the order. */
    becomes: (orderId: string, check: (order: OrderView) => void): Promise<OrderView> =>
      waitUntilPasses(async () => {
        const now = await order(orderId);
        check(now);
        return now;
      }, 40_000),

    async events(orderId: string): Promise<{ name: string; data: OrderEvent['data'] }[]> {
      const answer = await app.inject(getting(`/v1/orders/${orderId}/events`));
      return answer
        .json<{ data: OrderEvent[] }>()
        .data.map(({ type, data }) => ({ name: eventName(type), data }));
    },

    async mails(orderId: string): Promise<string[]> {
      const answer = await app.inject(getting(`/v1/mails?orderId=${orderId}`));
      return answer.json<{ data: { kind: string }[] }>().data.map(({ kind }) => kind);
    },

    cancel: (orderId: string, reason?: string) =>
      send(`/v1/orders/${orderId}/cancel`, reason === undefined ? {} : { reason }),

    cancelLines: (orderId: string, lines: LineQuantity[], key = newKey()) =>
      send(`/v1/orders/${orderId}/cancel`, { lines }, { 'idempotency-key': key }),

    refund: (orderId: string, body: RefundRequestBody = {}, key = newKey()) =>
      send(`/v1/orders/${orderId}/refunds`, body, { 'idempotency-key': key }),

    capture: (orderId: string, body: CaptureRequestBody = {}, key = newKey()) =>
      send(`/v1/orders/${orderId}/capture`, body, { 'idempotency-key': key }),

    review: (orderId: string, body: ReviewRequest) => send(`/v1/orders/${orderId}/review`, body),

    resolveAttention: (orderId: string, body: AttentionRequest) =>
      send(`/v1/orders/${orderId}/attention`, body),
  };
}

export type OrderCalls = ReturnType<typeof orderCalls>;
