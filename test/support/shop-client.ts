import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { AuditView } from '../../src/contracts/http/audit.ts';
import type { MailView } from '../../src/contracts/http/mail.ts';
import type { OrderEvent, OrderRequest, OrderView } from '../../src/contracts/http/order.ts';
import { FAILED_STATUSES } from '../../src/contracts/order-status.ts';
import type { StockItem } from '../../src/contracts/http/stock.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { orderRequest } from '../../harness/orders.ts';

export interface Placing {
  /** Default: one of its own. */
  key?: string;
  /** Seconds to wait for the outcome. Default 0. */
  wait?: number;
}

export interface Placed {
  httpStatus: number;
  order: OrderView;
}

/** The HTTP API, as a storefront uses it. */
export interface ShopClient {
  /** Insists on 200 or 202. `changes` are to an order of one mug. */
  place(changes?: Partial<OrderRequest>, placing?: Placing): Promise<Placed>;
  order(orderId: string): Promise<OrderView>;
  events(orderId: string): Promise<OrderEvent[]>;
  mails(orderId: string): Promise<MailView[]>;
  stock(sku: string): Promise<StockItem>;
  /** Puts an item of the test's own on the shelf and answers its SKU. */
  item(onHand: number, unitPrice?: number): Promise<string>;
  /** Waits until the order is paid or has failed. */
  outcome(orderId: string, deadlineMs?: number): Promise<OrderView>;
  /** Waits until the order has this status. */
  reaches(orderId: string, status: OrderView['status'], deadlineMs?: number): Promise<OrderView>;
  /** Whatever the answer: its status and body. */
  post(path: string, body?: object): Promise<{ httpStatus: number; answer: unknown }>;
  /** The differences that the audit finds now. */
  audit(): Promise<AuditView['differences']>;
  isUp(): Promise<boolean>;
}

const DECIDED: readonly string[] = ['paid', ...FAILED_STATUSES];

export function shopClient(url: string, apiKey: string): ShopClient {
  async function ask(method: string, path: string, body?: object, headers: Record<string, string> = {}) {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${apiKey}`,
        ...(body && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { httpStatus: response.status, answer: JSON.parse(await response.text()) as unknown };
  }
  async function call(method: string, path: string, body?: object, headers: Record<string, string> = {}) {
    const { httpStatus, answer } = await ask(method, path, body, headers);
    assert(httpStatus < 300, `${method} ${path}: ${httpStatus} ${JSON.stringify(answer)}`);
    return { httpStatus, answer };
  }
  const get = async (path: string): Promise<unknown> => (await call('GET', path)).answer;

  const order = async (orderId: string): Promise<OrderView> =>
    (await get(`/v1/orders/${orderId}`)) as OrderView;

  const wait = (orderId: string, accepts: (status: string) => boolean, deadlineMs: number) =>
    waitUntilPasses(async () => {
      const view = await order(orderId);
      assert.ok(accepts(view.status), `${orderId} is ${view.status}`);
      return view;
    }, deadlineMs);

  return {
    order,
    async place(changes, { key = randomUUID(), wait: seconds = 0 } = {}) {
      const headers = { 'idempotency-key': key, ...(seconds > 0 && { prefer: `wait=${seconds}` }) };
      const { httpStatus, answer } = await call('POST', '/v1/orders', orderRequest(changes), headers);
      return { httpStatus, order: answer as OrderView };
    },
    events: async (orderId) => ((await get(`/v1/orders/${orderId}/events`)) as { data: OrderEvent[] }).data,
    mails: async (orderId) => ((await get(`/v1/mails?orderId=${orderId}`)) as { data: MailView[] }).data,
    stock: async (sku) => (await get(`/v1/stock/${sku}`)) as StockItem,
    async item(onHand, unitPrice = 1_000) {
      const sku = `test-${randomUUID().slice(0, 8)}`;
      await call('PUT', `/v1/stock/${sku}`, { title: 'Test item', unitPrice, currency: 'EUR', onHand });
      return sku;
    },
    outcome: (orderId, deadlineMs = 60_000) =>
      wait(orderId, (status) => DECIDED.includes(status), deadlineMs),
    reaches: (orderId, status, deadlineMs = 30_000) => wait(orderId, (now) => now === status, deadlineMs),
    post: (path, body = {}) => ask('POST', path, body, { 'idempotency-key': randomUUID() }),
    async audit() {
      const { answer } = await call('POST', '/v1/audits', {}, { prefer: 'wait=60' });
      const report = answer as AuditView;
      assert.ok('differences' in report, 'the audit takes longer than a minute');
      return report.differences;
    },
    isUp: () =>
      fetch(`${url}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      ),
  };
}
