import { setTimeout as delay } from 'node:timers/promises';
import { createStockCatalogue } from '../../src/adapters/postgres/stock-catalogue.ts';
import { DEVELOPMENT_CLIENT } from '../../src/api/lib/api-keys.ts';
import type { CheckoutOrder } from '../../src/contracts/temporal/checkout.ts';
import type { AuditView } from '../../src/contracts/http/audit.ts';
import type { OrderRequest, OrderView } from '../../src/contracts/http/order.ts';
import type { StockItem } from '../../src/contracts/http/stock.ts';
import { isDecided } from '../../src/domain/order-status.ts';
import { orderIdOf } from '../../src/orders/order-id.ts';
import type { Answer } from '../api.ts';
import type { Shop } from '../shop.ts';
import { type Basket, ITEM_NAMES, type ItemName, ITEMS } from './catalogue.ts';
import { modelOrder, sells, wrongEnd, type ModelOrder, type OrderPlan } from './order.ts';

/** After the last command, and with everything healed, all orders are at their end by then. */
const REST_WITHIN_MS = 90_000;
const POLL_MS = 150;
/** The provider's clock counts seconds. */
const SECOND_MS = 1_000;

/** One run of the model: items and orders of its own in a shop, and everything that can be done with them. */
export class World {
  readonly shop: Shop;
  readonly orders: ModelOrder[] = [];
  readonly #name: string;
  readonly #startedAt = Date.now();
  /** What an answer said that the model does not allow. */
  readonly #found: string[] = [];
  #count = 0;
  /** A process that was killed may have sent a mail that it could not write down: it leaves again. */
  #killed = false;

  private constructor(shop: Shop, name: string) {
    this.shop = shop;
    this.#name = name;
  }

  /** `name` sets its keys and SKUs apart from those of all other runs in this shop. */
  static async open(shop: Shop, name: string): Promise<World> {
    const world = new World(shop, name);
    const catalogue = createStockCatalogue(shop.pool);
    for (const item of ITEM_NAMES)
      await catalogue.put(world.#sku(item), { title: item, currency: 'EUR', ...ITEMS[item] });
    return world;
  }

  /** An order that is going to be placed: its id is known before. */
  plan(plan: OrderPlan): ModelOrder {
    this.#count += 1;
    const key = `${this.#name}-${this.#count}`;
    const order = modelOrder(key, orderIdOf(DEVELOPMENT_CLIENT, key), plan);
    if (plan.expectedTotal !== 'wrong') this.orders.push(order);
    return order;
  }

  /** `waits`: until its outcome is known, or the customer has to act. */
  async place(order: ModelOrder, waits = false): Promise<void> {
    const answer = await this.#place(order, this.#request(order), waits);
    if (order.plan.expectedTotal === 'wrong') {
      this.#expect(order, 'placed with another total', answer, [409], 'total_mismatch');
      return;
    }
    this.#expect(order, 'placed', answer, [200, 202]);
    this.#hear(order, answer);
  }

  /** The same key must mean the same order, and no other. */
  async placeAgain(order: ModelOrder, otherBody: boolean): Promise<void> {
    await this.#view(order); // whichever came first would be the order
    const request = this.#request(order);
    if (otherBody) {
      const lines = request.lines.map((line) => ({ ...line, quantity: line.quantity + 1 }));
      const answer = await this.#place(order, { ...request, lines }, false);
      this.#expect(order, 'placed again with another body', answer, [422], 'idempotency_key_reused');
      return;
    }
    const answer = await this.#place(order, request, false);
    this.#expect(order, 'placed again', answer, [200, 202]);
    const { orderId } = viewOf(answer);
    if (orderId !== order.orderId) this.#say(order, `the same key is ${orderId}`);
    this.#hear(order, answer);
  }

  async cancel(order: ModelOrder): Promise<void> {
    order.cancelAsked = true;
    const answer = await this.shop.api.post(`/v1/orders/${order.orderId}/cancel`, {
      reason: 'changed my mind',
    });
    this.#expect(order, 'cancelled', answer, [200, 202, 409]);
    if (answer.status === 200) order.told.add('cancelled');
    if (answer.status === 409) this.#hearStatus(order, memberOf(answer.body, 'orderStatus'));
  }

  /** `amount` absent: all that is left. `key` absent: a refund of its own. */
  async refund(order: ModelOrder, amount?: number, key = this.#nextKey()): Promise<void> {
    const body = amount === undefined ? {} : { amount };
    const path = `/v1/orders/${order.orderId}/refunds`;
    const answer = await this.shop.api.post(path, body, { 'idempotency-key': key });
    this.#expect(order, 'refunded', answer, [200, 202, 409]);
    if (answer.status === 409) return;
    const refund = {
      refundId: textOf(answer.body, 'refundId'),
      amount: Number(memberOf(answer.body, 'amount')),
    };
    if (amount !== undefined && refund.amount !== amount)
      this.#say(order, `refunds ${refund.amount}, asked for ${amount}`);
    const known = order.refunds.get(key);
    if (known && known.refundId !== refund.refundId) this.#say(order, 'one key has made two refunds');
    order.refunds.set(key, refund);
  }

  async review(order: ModelOrder, decision: 'approve' | 'reject'): Promise<void> {
    order.reviewsAsked.add(decision);
    const answer = await this.shop.api.post(`/v1/orders/${order.orderId}/review`, { decision });
    this.#expect(order, 'reviewed', answer, [200, 409]);
  }

  /** The customer does at the provider what 3-D Secure asks of them, if it asks. */
  async authenticate(order: ModelOrder, outcome: 'succeeded' | 'failed'): Promise<void> {
    const paymentIntentId = await this.#payment(order);
    if (paymentIntentId === undefined) return;
    order.authenticationsAsked.add(outcome);
    await this.#control(`/payment_intents/${paymentIntentId}/authenticate`, { outcome });
  }

  /** The provider takes the money after all, whatever has been said of the payment before. */
  async succeedLate(order: ModelOrder): Promise<void> {
    const paymentIntentId = await this.#payment(order);
    if (paymentIntentId === undefined) return;
    order.lateSuccessAsked = true;
    await this.#control(`/payment_intents/${paymentIntentId}/succeed_late`);
  }

  /** All events of the payment once more, doubled and in whatever order. */
  async resend(order: ModelOrder, times: number, reverse: boolean): Promise<void> {
    const paymentIntentId = await this.#payment(order);
    if (paymentIntentId !== undefined)
      await this.#control('/webhooks/resend', { paymentIntentId, times, reverse });
  }

  async attend(order: ModelOrder, action: 'retry' | 'skip' | 'resolve'): Promise<void> {
    const { attention } = await this.#view(order);
    if (attention?.actions.includes(action) !== true) return;
    if (action !== 'retry') order.settledByHand = true;
    const answer = await this.shop.api.post(`/v1/orders/${order.orderId}/attention`, { action });
    this.#expect(order, `attended (${action})`, answer, [200, 409, 422]);
  }

  async healRefunds(): Promise<void> {
    await this.#control('/refunds/heal');
  }

  /** The provider fails for a while. */
  async fault(faults: Readonly<Record<string, unknown>>, lastsMs: number): Promise<void> {
    await this.#control('/faults', faults);
    await delay(lastsMs);
    await this.#control('/faults/reset');
  }

  async outage(lastsMs: number): Promise<void> {
    await this.#control('/outage', { until: new Date(Date.now() + lastsMs).toISOString() });
  }

  /** kill -9; it is started anew at once. */
  async restart(): Promise<void> {
    const [app] = this.shop.apps;
    await app.ready();
    const pid = app.pid();
    if (pid === undefined) return;
    this.#killed = true;
    const died = app.death();
    process.kill(pid, 'SIGKILL');
    await died;
    await app.ready();
  }

  /** Everything is put right, and whatever waits for somebody is decided, until every order is at its end. */
  async rest(withinMs = REST_WITHIN_MS): Promise<void> {
    await this.shop.apps[0].ready();
    await this.#control('/faults/reset');
    await this.outage(0);
    await this.healRefunds();
    for (const order of this.orders.filter((each) => each.lateSuccessAsked))
      await this.resend(order, 1, false);
    const deadline = performance.now() + withinMs;
    for (;;) {
      const views = await this.#views();
      const open = views.filter(({ status, attention }) => !isDecided(status) || attention !== null);
      if (open.length === 0 && views.length >= this.orders.length && !(await this.#anythingRuns())) return;
      if (performance.now() > deadline) throw new Error(`not at rest: ${describe(open)}`);
      for (const view of open) await this.#settle(view);
      await delay(POLL_MS);
    }
  }

  /** Everything that is not as the model has it, in words. Every order is at its end. */
  async check(): Promise<string[]> {
    const views = await this.#views();
    const books = await this.shop.provider.books(Math.floor(this.#startedAt / SECOND_MS) - 1);
    const demand = demandOf(this.orders);
    const found = [...this.#found];
    const byId = new Map(views.map((view) => [view.orderId, view]));
    for (const order of this.orders) {
      const view = byId.get(order.orderId);
      const { kept = 0, succeeded = 0 } = books.get(order.orderId) ?? {};
      const wrong = view ? wrongEnd(order, view, demand, kept) : ['is not there'];
      if (succeeded > (order.lateSuccessAsked ? 2 : 1)) wrong.push(`was charged ${succeeded} times`);
      found.push(...wrong.map((what) => `${order.orderId} (${order.plan.method}) ${what}`));
    }
    if (views.length > this.orders.length)
      found.push(`${this.orders.length} keys have made ${views.length} orders`);
    found.push(...(await this.#wrongStock(views)), ...(await this.#wrongMails()), ...(await this.audit()));
    return found;
  }

  /** What can still be sold. */
  async stock(name: ItemName): Promise<number> {
    return (await this.#item(name)).onHand;
  }

  /** An order as its workflow hands it to the steps; nobody has placed it. */
  bareOrder(plan: OrderPlan): CheckoutOrder {
    const order = modelOrder(this.#nextKey(), '', plan);
    return {
      orderId: orderIdOf(DEVELOPMENT_CLIENT, order.key),
      clientId: DEVELOPMENT_CLIENT,
      requestHash: '',
      placedAt: new Date().toISOString(),
      request: this.#request(order),
    };
  }

  async #item(name: ItemName): Promise<StockItem> {
    return (await this.#get(`/v1/stock/${this.#sku(name)}`)) as StockItem;
  }

  async #wrongStock(views: readonly OrderView[]): Promise<string[]> {
    const found: string[] = [];
    for (const name of ITEM_NAMES) {
      const sku = this.#sku(name);
      const sold = views
        .filter(sells)
        .flatMap(({ lines }) => lines)
        .reduce((sum, line) => sum + (line.sku === sku ? line.quantity : 0), 0);
      if (sold > ITEMS[name].onHand) found.push(`${name}: sold ${sold} of ${ITEMS[name].onHand}`);
      const item = await this.#item(name);
      const expected = { onHand: ITEMS[name].onHand - sold, held: 0, sold };
      const is = { onHand: item.onHand, held: item.held, sold: item.sold };
      if (JSON.stringify(is) !== JSON.stringify(expected))
        found.push(`${name} is ${JSON.stringify(is)}, not ${JSON.stringify(expected)}`);
    }
    return found;
  }

  async #wrongMails(): Promise<string[]> {
    if (this.#killed) return [];
    const found: string[] = [];
    for (const { orderId } of this.orders) {
      const arrived = await this.shop.provider.mails(orderId);
      if (new Set(arrived).size < arrived.length)
        found.push(`${orderId}: a mail came twice: ${arrived.join(', ')}`);
    }
    return found;
  }

  /** What the product's own audit finds, in words. */
  async audit(): Promise<string[]> {
    const since = new Date(this.#startedAt - SECOND_MS).toISOString();
    const { body } = await this.shop.api.post('/v1/audits', { since }, { prefer: 'wait=60' });
    const { state, differences = [] } = body as AuditView;
    if (state !== 'done') return [`the audit is ${state}`];
    return differences
      .filter(({ orderId, ids }) => this.#isOurs(orderId, ids['sku']))
      .map(({ rule, orderId, detail }) => `audit, ${rule}: ${orderId ?? ''} ${detail}`);
  }

  /** What became of earlier runs in this shop is theirs. */
  #isOurs(orderId: string | undefined, sku = ''): boolean {
    return sku.startsWith(`${this.#name}-`) || this.orders.some((order) => order.orderId === orderId);
  }

  /** Somebody decides: what they ask is noted first, as with every command. */
  async #settle({ orderId, status, attention }: OrderView): Promise<void> {
    const order = this.orders.find((each) => each.orderId === orderId);
    if (!order) return;
    if (attention !== null) await this.attend(order, 'retry');
    else if (status === 'awaiting_customer') await this.cancel(order);
    else if (status === 'in_review') await this.review(order, 'approve');
  }

  async #anythingRuns(): Promise<boolean> {
    const since = new Date(this.#startedAt - SECOND_MS).toISOString();
    const query = `ExecutionStatus = 'Running' and StartTime >= '${since}'`;
    return (await this.shop.temporal.workflow.count(query)).count > 0;
  }

  #sku(item: ItemName): string {
    return `${this.#name}-${item}`;
  }

  #nextKey(): string {
    this.#count += 1;
    return `${this.#name}-other-${this.#count}`;
  }

  #request({ plan, total }: ModelOrder): OrderRequest {
    return {
      customer: { email: `${this.#name}@example.com`, name: 'Ada' },
      currency: 'EUR',
      lines: ITEM_NAMES.flatMap((name) => {
        const quantity = plan.basket[name] ?? 0;
        return quantity > 0 ? [{ sku: this.#sku(name), quantity }] : [];
      }),
      payment: { method: plan.method },
      ...(plan.expectedTotal !== 'none' && {
        expectedTotal: plan.expectedTotal === 'right' ? total : total + 1,
      }),
    };
  }

  #place({ key }: ModelOrder, request: OrderRequest, waits: boolean): Promise<Answer> {
    const headers = { 'idempotency-key': key, ...(waits && { prefer: 'wait=5' }) };
    return this.shop.api.post('/v1/orders', request, headers);
  }

  #view({ orderId }: ModelOrder): Promise<OrderView> {
    return this.shop.api.order(orderId);
  }

  async #payment(order: ModelOrder): Promise<string | undefined> {
    return (await this.#view(order)).payment.paymentIntentId;
  }

  /** Every order of this run, by its customer. */
  async #views(): Promise<OrderView[]> {
    const { data } = (await this.#get(`/v1/orders?limit=100&email=${this.#name}@example.com`)) as {
      data: OrderView[];
    };
    return data;
  }

  async #get(path: string): Promise<unknown> {
    const { apiUrl, apiKey } = this.shop;
    const response = await fetch(`${apiUrl}${path}`, { headers: { authorization: `Bearer ${apiKey}` } });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  /** What the sandbox refuses, because the payment is in another state by now, is no command. */
  async #control(path: string, body: Readonly<Record<string, unknown>> = {}): Promise<void> {
    try {
      await this.shop.provider.control(path, body);
    } catch (error) {
      if (!(error instanceof Error && /: 4\d\d /.test(error.message))) throw error;
    }
  }

  #hear(order: ModelOrder, answer: Answer): void {
    if (answer.status === 200) this.#hearStatus(order, viewOf(answer).status);
  }

  #hearStatus(order: ModelOrder, status: unknown): void {
    const { told } = order;
    if (isStatus(status) && isDecided(status)) told.add(status);
  }

  #expect(order: ModelOrder, what: string, { status, body }: Answer, allowed: number[], code?: string): void {
    const isCode = code === undefined || memberOf(body, 'code') === code;
    if (!allowed.includes(status) || !isCode) this.#say(order, `${what}: ${status} ${JSON.stringify(body)}`);
  }

  #say({ orderId, plan }: ModelOrder, what: string): void {
    this.#found.push(`${orderId} (${plan.method}) ${what}`);
  }
}

function demandOf(orders: readonly ModelOrder[]): Required<Basket> {
  const demand = { cheap: 0, scarce: 0, dear: 0 };
  for (const { plan } of orders) for (const name of ITEM_NAMES) demand[name] += plan.basket[name] ?? 0;
  return demand;
}

const describe = (views: readonly OrderView[]): string =>
  views
    .map(({ orderId, status, attention }) => `${orderId} is ${status} ${JSON.stringify(attention)}`)
    .join(', ') || 'a workflow still runs, or an order has not appeared';

const viewOf = ({ body }: Answer): OrderView => body as OrderView;

const memberOf = (body: unknown, name: string): unknown =>
  typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined;

const textOf = (body: unknown, name: string): string => String(memberOf(body, name));

const isStatus = (status: unknown): status is OrderView['status'] => typeof status === 'string';
