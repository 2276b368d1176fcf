import { setTimeout as delay } from 'node:timers/promises';
import { createStockCatalogue } from '../../src/adapters/postgres/stock-catalogue.ts';
import { DEVELOPMENT_CLIENT } from '../../src/api/lib/api-keys.ts';
import type { CheckoutOrder } from '../../src/contracts/temporal/checkout.ts';
import type { OrderRequest, OrderView } from '../../src/contracts/http/order.ts';
import type { StockItem } from '../../src/contracts/http/stock.ts';
import { ApiError } from '../../harness/api/errors.ts';
import { isDecided } from '../../src/domain/order-status.ts';
import { orderIdOf } from '../../src/orders/order-id.ts';
import { refusable } from '../system/refusable.ts';
import { runAudit } from '../system/run-audit.ts';
import type { Shop } from '../system/shop.ts';
import { type Basket, ITEM_NAMES, type ItemName, ITEMS } from './catalogue.ts';
import { modelOrder, sells, wrongEnd, type ModelOrder, type OrderPlan } from './order.ts';

/** The longest time from the last command, with all faults ended, to the end of the last order. */
const QUIESCE_TIMEOUT_MS = 90_000;
const POLL_INTERVAL_MS = 150;
/** The provider's timestamps are in seconds. */
const SECOND_MS = 1_000;

/** One run of the model: a shop with items and orders for this run alone, and everything that can be done with them. */
export class World {
  readonly shop: Shop;
  readonly orders: ModelOrder[] = [];
  readonly #name: string;
  readonly #startedAt = Date.now();
  /** What an answer of the API said that the model does not allow. */
  readonly #found: string[] = [];
  #count = 0;
  /** A killed process may have sent a mail that it could not record: the mail is then sent again. */
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
      await catalogue.put(world.sku(item), { title: item, currency: 'EUR', ...ITEMS[item] });
    return world;
  }

  /** An order that will be placed. Its id is known before. */
  plan(plan: OrderPlan): ModelOrder {
    this.#count += 1;
    const key = `${this.#name}-${this.#count}`;
    const order = modelOrder(key, orderIdOf(DEVELOPMENT_CLIENT, key), plan);
    if (plan.expectedTotal !== 'wrong') this.orders.push(order);
    return order;
  }

  /** `waits`: until the outcome is known, or the customer has to act. */
  async place(order: ModelOrder, waits = false): Promise<void> {
    const answer = await this.#place(order, this.#request(order), waits);
    if (order.plan.expectedTotal === 'wrong') {
      this.#expectRefusal(order, 'placed with another total', answer, 409, 'total_mismatch');
      return;
    }
    const view = this.#expectAccepted(order, 'placed', answer);
    if (view) this.#noteStatus(order, view.status);
  }

  /** The same key must mean the same order, and no other. */
  async placeAgain(order: ModelOrder, otherBody: boolean): Promise<void> {
    await this.#view(order); // otherwise this request might be the first with the key
    const request = this.#request(order);
    if (otherBody) {
      const lines = request.lines.map((line) => ({ ...line, quantity: line.quantity + 1 }));
      const answer = await this.#place(order, { ...request, lines }, false);
      this.#expectRefusal(order, 'placed again with another body', answer, 422, 'idempotency_key_reused');
      return;
    }
    const view = this.#expectAccepted(order, 'placed again', await this.#place(order, request, false));
    if (!view) return;
    if (view.orderId !== order.orderId) this.#report(order, `the same key is ${view.orderId}`);
    this.#noteStatus(order, view.status);
  }

  async cancel(order: ModelOrder): Promise<void> {
    order.cancelAsked = true;
    const answer = await refusable(this.shop.api.cancelOrder(order.orderId, 'changed my mind'));
    const view = this.#expectAccepted(order, 'cancelled', answer, [409]);
    if (view) this.#noteStatus(order, view.status);
    else if (answer instanceof ApiError) this.#noteStatus(order, memberOf(answer.body, 'orderStatus'));
  }

  /** `amount` absent: everything that is left. `key` absent: a refund of its own. */
  async refund(order: ModelOrder, amount?: number, key = this.#nextKey()): Promise<void> {
    const body = amount === undefined ? {} : { amount };
    const answer = await refusable(this.shop.api.refundOrder(order.orderId, body, key));
    const refund = this.#expectAccepted(order, 'refunded', answer, [409]);
    if (!refund) return;
    if (amount !== undefined && refund.amount !== amount)
      this.#report(order, `refunds ${refund.amount}, asked for ${amount}`);
    const known = order.refunds.get(key);
    if (known && known.refundId !== refund.refundId) this.#report(order, 'one key has made two refunds');
    order.refunds.set(key, { refundId: refund.refundId, amount: refund.amount });
  }

  async review(order: ModelOrder, decision: 'approve' | 'reject'): Promise<void> {
    order.reviewsAsked.add(decision);
    const answer = await refusable(this.shop.api.reviewOrder(order.orderId, { decision }));
    this.#expectAccepted(order, 'reviewed', answer, [409]);
  }

  /** The customer does at the provider what 3-D Secure asks of them, if it asks. */
  async authenticate(order: ModelOrder, outcome: 'succeeded' | 'failed'): Promise<void> {
    const paymentIntentId = await this.#payment(order);
    if (paymentIntentId === undefined) return;
    order.authenticationsAsked.add(outcome);
    await this.#control(`/payment_intents/${paymentIntentId}/authenticate`, { outcome });
  }

  /** The provider takes the money after all, whatever it has answered about the payment before. */
  async succeedLate(order: ModelOrder): Promise<void> {
    const paymentIntentId = await this.#payment(order);
    if (paymentIntentId === undefined) return;
    order.lateSuccessAsked = true;
    await this.#control(`/payment_intents/${paymentIntentId}/succeed_late`);
  }

  /** The provider sends all events of the payment again, several times and in either order. */
  async resend(order: ModelOrder, times: number, reverse: boolean): Promise<void> {
    const paymentIntentId = await this.#payment(order);
    if (paymentIntentId !== undefined)
      await this.#control('/webhooks/resend', { paymentIntentId, times, reverse });
  }

  /** An operator decides what becomes of a step that waits for one. */
  async resolveAttention(order: ModelOrder, action: 'retry' | 'skip' | 'resolve'): Promise<void> {
    const { attention } = await this.#view(order);
    if (attention?.actions.includes(action) !== true) return;
    if (action !== 'retry') order.settledByHand = true;
    const answer = await refusable(this.shop.api.resolveAttention(order.orderId, { action }));
    this.#expectAccepted(order, `resolved (${action})`, answer, [409, 422]);
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

  /** Kills the application with SIGKILL; it is started again at once. */
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

  /** Ends all faults and decides whatever waits for a person, until every order has ended. */
  async quiesce(timeoutMs = QUIESCE_TIMEOUT_MS): Promise<void> {
    await this.shop.apps[0].ready();
    await this.#control('/faults/reset');
    await this.outage(0);
    await this.healRefunds();
    for (const order of this.orders.filter((each) => each.lateSuccessAsked))
      await this.resend(order, 1, false);
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const views = await this.#views();
      const open = views.filter(({ status, attention }) => !isDecided(status) || attention !== null);
      if (open.length === 0 && views.length >= this.orders.length && !(await this.#anythingRuns())) return;
      if (performance.now() > deadline) throw new Error(`not quiesced: ${describe(open)}`);
      for (const view of open) await this.#settle(view);
      await delay(POLL_INTERVAL_MS);
    }
  }

  /** Every difference to the model, in words. To be called when every order has ended. */
  async check(): Promise<string[]> {
    const views = await this.#views();
    const records = await this.shop.provider.records(this.since);
    const demand = demandOf(this.orders);
    const found = [...this.#found];
    const byId = new Map(views.map((view) => [view.orderId, view]));
    for (const order of this.orders) {
      const view = byId.get(order.orderId);
      const { kept = 0, succeeded = 0 } = records.get(order.orderId) ?? {};
      const wrong = view ? wrongEnd(order, view, demand, kept) : ['is missing'];
      if (succeeded > (order.lateSuccessAsked ? 2 : 1)) wrong.push(`was charged ${succeeded} times`);
      found.push(...wrong.map((what) => `${order.orderId} (${order.plan.method}) ${what}`));
    }
    if (views.length > this.orders.length)
      found.push(`${this.orders.length} keys have made ${views.length} orders`);
    found.push(...(await this.#wrongStock(views)), ...(await this.#wrongMails()), ...(await this.audit()));
    return found;
  }

  sku(item: ItemName): string {
    return `${this.#name}-${item}`;
  }

  /** The start of this run, in Unix seconds. */
  get since(): number {
    return Math.floor(this.#startedAt / SECOND_MS) - 1;
  }

  /** How many pieces can still be sold. */
  async stock(name: ItemName): Promise<number> {
    return (await this.item(name)).available;
  }

  /** An order as a workflow passes it to its steps. It is not placed. */
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

  /** The item with its counts. */
  async item(name: ItemName): Promise<StockItem> {
    return this.shop.api.getStock(this.sku(name));
  }

  async #wrongStock(views: readonly OrderView[]): Promise<string[]> {
    const found: string[] = [];
    for (const name of ITEM_NAMES) {
      const sku = this.sku(name);
      const sold = views
        .filter(sells)
        .flatMap(({ lines }) => lines)
        .reduce((sum, line) => sum + (line.sku === sku ? line.quantity : 0), 0);
      if (sold > ITEMS[name].onHand) found.push(`${name}: sold ${sold} of ${ITEMS[name].onHand}`);
      const item = await this.item(name);
      const expected = { available: ITEMS[name].onHand - sold, held: 0, sold };
      const is = { available: item.available, held: item.held, sold: item.sold };
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

  /** What the product's own audit finds about the orders and items of this run, in words. */
  async audit(): Promise<string[]> {
    const since = new Date(this.#startedAt - SECOND_MS).toISOString();
    const { state, differences = [] } = await runAudit(this.shop, since);
    if (state !== 'done') return [`the audit is ${state}`];
    return differences
      .filter(({ orderId, ids }) => this.#isOfThisRun(orderId, ids['sku']))
      .map(({ rule, orderId, detail }) => `audit, ${rule}: ${orderId ?? ''} ${detail}`);
  }

  /** Earlier runs in the same shop are not judged again. */
  #isOfThisRun(orderId: string | undefined, sku = ''): boolean {
    return sku.startsWith(`${this.#name}-`) || this.orders.some((order) => order.orderId === orderId);
  }

  /** Decides what waits for a person, and notes the decision in the model as every command does. */
  async #settle({ orderId, status, attention }: OrderView): Promise<void> {
    const order = this.orders.find((each) => each.orderId === orderId);
    if (!order) return;
    if (attention !== null) await this.resolveAttention(order, 'retry');
    else if (status === 'awaiting_customer') await this.cancel(order);
    else if (status === 'in_review') await this.review(order, 'approve');
  }

  async #anythingRuns(): Promise<boolean> {
    const since = new Date(this.#startedAt - SECOND_MS).toISOString();
    const query = `ExecutionStatus = 'Running' and StartTime >= '${since}'`;
    return (await this.shop.temporal.workflow.count(query)).count > 0;
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
        return quantity > 0 ? [{ sku: this.sku(name), quantity }] : [];
      }),
      payment: { method: plan.method },
      ...(plan.shipping && { shipping: plan.shipping }),
      ...(plan.expectedTotal !== 'none' && {
        expectedTotal: plan.expectedTotal === 'right' ? total : total + 1,
      }),
    };
  }

  #place({ key }: ModelOrder, request: OrderRequest, waits: boolean): Promise<OrderView | ApiError> {
    return refusable(this.shop.api.placeOrder(request, { key, waitSeconds: waits ? 5 : 0 }));
  }

  #view({ orderId }: ModelOrder): Promise<OrderView> {
    return this.shop.api.getOrder(orderId);
  }

  async #payment(order: ModelOrder): Promise<string | undefined> {
    return (await this.#view(order)).payment.paymentIntentId;
  }

  /** Every order of this run: they have a customer of their own. */
  async #views(): Promise<OrderView[]> {
    return (await this.shop.api.listOrders({ limit: 100, email: `${this.#name}@example.com` })).data;
  }

  /** A call that the sandbox refuses, because the payment has another status by now, changes nothing. */
  async #control(path: string, body: Readonly<Record<string, unknown>> = {}): Promise<void> {
    try {
      await this.shop.provider.control(path, body);
    } catch (error) {
      if (!(error instanceof Error && /: 4\d\d /.test(error.message))) throw error;
    }
  }

  #noteStatus(order: ModelOrder, status: unknown): void {
    if (isStatus(status) && isDecided(status)) order.statusesShown.add(status);
  }

  /** The answer of an accepted call; undefined when it was refused. A refusal with another status than these is a finding. */
  #expectAccepted<T>(
    order: ModelOrder,
    what: string,
    answer: T | ApiError,
    refusals: readonly number[] = [],
  ): T | undefined {
    if (!(answer instanceof ApiError)) return answer;
    if (!refusals.includes(answer.status)) this.#report(order, `${what}: ${answer.status} ${answer.message}`);
    return undefined;
  }

  #expectRefusal(order: ModelOrder, what: string, answer: unknown, status: number, code: string): void {
    const isExpected = answer instanceof ApiError && answer.status === status && answer.code === code;
    if (!isExpected) this.#report(order, `${what}: ${JSON.stringify(answer)}`);
  }

  #report({ orderId, plan }: ModelOrder, what: string): void {
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

const memberOf = (body: unknown, name: string): unknown =>
  typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined;

const isStatus = (status: unknown): status is OrderView['status'] => typeof status === 'string';
