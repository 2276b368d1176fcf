import assert from 'node:assert/strict';
import { Registry } from 'prom-client';
import type { MailLog } from '../../src/adapters/postgres/mail-log.ts';
import type { OrderStages } from '../../src/adapters/postgres/order-stages.ts';
import type { WebhookDeliveries } from '../../src/adapters/postgres/webhook-deliveries.ts';
import { MailerBusy, MailRefused, type Mailer } from '../../src/contracts/ports/mailer.ts';
import type { Broker, InboundMessage, MessageHandler } from '../../src/contracts/ports/broker.ts';
import type { OutboxEvent } from '../../src/contracts/ports/event-destination.ts';
import { NO_BRAKES, type BrakeOn } from '../../src/contracts/ports/brakes.ts';
import { batchObserver } from '../../src/telemetry/batches.ts';
import { observeBrakes } from '../../src/telemetry/brakes.ts';
import { observeCalls } from '../../src/telemetry/calls.ts';
import { observeDestination } from '../../src/telemetry/destinations.ts';
import { createFamilies, type Families } from '../../src/telemetry/families.ts';
import { requestObserver } from '../../src/telemetry/http.ts';
import { observeBroker } from '../../src/telemetry/intake.ts';
import { observeMailLog } from '../../src/telemetry/mails.ts';
import { createOrderObserver } from '../../src/telemetry/orders.ts';
import { observePool } from '../../src/telemetry/pools.ts';
import { observeDeliveries } from '../../src/telemetry/webhooks.ts';
import { Scrape } from '../../harness/scrape.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';

describe('the metrics', () => {
  let registry: Registry;
  let families: Families;

  beforeEach(() => {
    registry = new Registry();
    families = createFamilies(registry);
  });

  const read = async (): Promise<Scrape> => new Scrape(await registry.metrics());
  const sum = async (name: string, labels: Record<string, string> = {}): Promise<number> =>
    (await read()).sum(`checkout_${name}`, labels);

  describe('of requests', () => {
    it('count by template, method and class of the status, and time what is no live stream', async () => {
      const observe = requestObserver(families);
      const request = {
        method: 'GET',
        route: '/v1/orders/:orderId',
        status: 200,
        isPaused: false,
        seconds: 0.02,
        isStream: false,
      };
      observe(request);
      observe({ ...request, status: 404 });
      observe({ ...request, status: 503, isPaused: true, isStream: true });
      observe({ ...request, isStream: true, seconds: 3_600 });
      const labels = { method: 'GET', route: '/v1/orders/:orderId' };
      assert.equal(await sum('http_requests_total', { ...labels, status: '2xx' }), 2);
      assert.equal(await sum('http_requests_total', { ...labels, status: '4xx' }), 1);
      assert.equal(await sum('http_requests_total', { ...labels, status: 'paused' }), 1);
      assert.equal(await sum('http_requests_total', { ...labels, status: '5xx' }), 0);
      assert.equal(await sum('http_request_duration_seconds_count', labels), 2);
      assert.equal(await sum('http_request_duration_seconds_sum', labels), 0.04);
    });

    it('have the same labels for every URL and method that nobody has thought of', async () => {
      const observe = requestObserver(families);
      for (const method of ['PROPFIND', 'MKCOL'])
        observe({ method, route: undefined, status: 404, isPaused: false, seconds: 0, isStream: false });
      const found = (await read()).find('checkout_http_requests_total');
      assert.deepEqual(
        found.map(({ labels, value }) => ({ ...labels, value })),
        [{ method: 'other', route: 'unmatched', status: '4xx', value: 2 }],
      );
    });
  });

  describe('of calls to others', () => {
    const mailer = (send: Mailer['send']): Mailer =>
      observeCalls(
        families,
        'smtp',
        {
          send,
          messageId: (name) => name,
          busy: () => false,
          stop: () => Promise.resolve(),
          close: () => undefined,
        },
        ['send'],
      );
    const mail = { messageId: '1', to: { address: 'ada@example.com' }, subject: '', text: '' };

    for (const [result, error] of [
      ['refused', new MailRefused(550)],
      ['busy', new MailerBusy('wait')],
      ['unavailable', new Error('no answer from ada@example.com')],
    ] as const)
      it(`tell ${result} apart, and pass on the error`, async () => {
        await assert.rejects(mailer(() => Promise.reject(error)).send(mail), error);
        assert.equal(
          await sum('provider_requests_total', { provider: 'smtp', operation: 'send', result }),
          1,
        );
        assert.equal(await sum('provider_request_duration_seconds_count', { operation: 'send' }), 1);
        assert.ok(!(await registry.metrics()).includes('ada@'));
      });

    it('count what has worked, and leave the other methods as they are', async () => {
      const observed = mailer(() => Promise.resolve());
      await observed.send(mail);
      assert.equal(observed.messageId('a'), 'a');
      assert.equal(await sum('provider_requests_total', { result: 'ok' }), 1);
    });
  });

  describe('of mails', () => {
    const log = (): MailLog =>
      observeMailLog(families, {
        claim: (mails) => Promise.resolve({ claimed: mails as never[], unclaimed: [] }),
        extend: () => Promise.resolve([]),
        release: () => Promise.resolve(),
        markSent: () => Promise.resolve(),
        markFailed: () => Promise.resolve(),
        reopen: () => Promise.resolve(undefined),
        list: () => Promise.resolve([]),
      });
    const claim = async (mails: MailLog): Promise<void> => {
      await mails.claim([{ orderId: 'o', kind: 'paid', messageId: 'm' }], { id: 'l', ms: 1 });
    };

    it('count each result of an attempt once, by the kind of mail', async () => {
      const mails = log();
      await claim(mails);
      await mails.markSent(['m']);
      await mails.markSent(['m']);
      await claim(mails);
      await mails.markFailed([{ messageId: 'm', error: '451' }], 'l');
      await claim(mails);
      await mails.markFailed([{ messageId: 'm', error: '550', permanent: true }], 'l');
      await claim(mails);
      await mails.release(['m'], 'l');
      for (const result of ['sent', 'failed', 'refused', 'busy'])
        assert.equal(await sum('mails_total', { kind: 'paid', result }), 1, result);
      assert.equal(await sum('order_stage_duration_seconds_count', { stage: 'notify' }), 1);
    });
  });

  it('of webhooks count the attempts by what follows', async () => {
    const deliveries = observeDeliveries(families, {
      record: () => Promise.resolve(undefined),
    } as unknown as WebhookDeliveries);
    const attempt = { startedAt: new Date(), durationMs: 250, headers: {} };
    const delivery = { deliveryId: 'd', endpointId: 'e' };
    await deliveries.record(delivery, attempt, { state: 'pending', retryInMs: 1 }, 1);
    await deliveries.record(delivery, attempt, { state: 'delivered' }, 1);
    await deliveries.record(delivery, undefined, { state: 'failed', reason: 'gave_up' }, 1);
    for (const result of ['retried', 'delivered', 'failed'])
      assert.equal(await sum('webhook_deliveries_total', { result }), 1, result);
    assert.equal(await sum('webhook_request_duration_seconds_sum'), 0.5);
  });

  it('of the intake count messages when their outcome is durable', async () => {
    let handler: MessageHandler | undefined;
    const broker: Broker = {
      name: 'kafka',
      consume: (handle) => {
        handler = handle;
        return Promise.resolve();
      },
      pause: () => Promise.resolve(),
      close: () => Promise.resolve(),
    };
    await observeBroker(families, broker).consume(() => Promise.resolve({ result: 'done' }), 1);
    const message: InboundMessage = { source: 'kafka', position: '1', body: Buffer.of(), attributes: {} };
    assert.deepEqual(await handler?.(message), { result: 'done' });
    assert.equal(await sum('intake_messages_total', { source: 'kafka', result: 'done' }), 1);
    assert.equal(await sum('intake_messages_total', { source: 'kafka', result: 'dead' }), 0);
    assert.equal(await sum('intake_message_duration_seconds_count', { source: 'kafka' }), 1);
  });

  describe('of events', () => {
    const event = (
      type: string,
      data: Record<string, unknown> = {},
      changes: Partial<OutboxEvent> = {},
    ): OutboxEvent => ({
      cursor: '1',
      orderId: 'ord_1',
      sequence: 1,
      type: `com.durable-checkout.${type}.v1`,
      data: { total: 2_400, currency: 'EUR', ...data },
      occurredAt: new Date(),
      ...changes,
    });

    it('say how many a destination has received and refused, and how old they were', async () => {
      let fails = true;
      const plan = observeDestination(families, {
        name: 'kafka',
        open: () =>
          Promise.resolve({
            deliver: () => (fails ? Promise.reject(new Error('away')) : Promise.resolve()),
            close: () => Promise.resolve(),
          }),
      });
      const destination = await plan.open();
      const old = event('order.paid', {}, { occurredAt: new Date(Date.now() - 4_000) });
      await assert.rejects(destination.deliver([old]), /away/);
      fails = false;
      await destination.deliver([old]);
      for (const result of ['delivered', 'failed'])
        assert.equal(await sum('relay_events_total', { destination: 'kafka', result }), 1, result);
      const delay = await sum('relay_event_delay_seconds_sum', { destination: 'kafka' });
      assert.ok(delay >= 4 && delay < 60, String(delay));
    });

    function observer(stages: OrderStages[] = []) {
      const asked: string[][] = [];
      let errors = 0;
      const orders = createOrderObserver(
        families,
        (orderIds) => {
          asked.push([...orderIds]);
          return stages.length === 0 ? Promise.reject(new Error('away')) : Promise.resolve(stages);
        },
        () => (errors += 1),
      );
      return { orders, asked, errors: () => errors };
    }

    it('count orders, their money and their pieces by outcome, and how long they took', async () => {
      const decidedAt = new Date();
      const { orders } = observer([
        { orderId: 'ord_1', reservedMs: 20, decidedMs: 120, decidedAt, units: 3 },
        { orderId: 'ord_2', reservedMs: null, decidedMs: 30, decidedAt, units: 1 },
      ]);
      orders.observe([
        event('order.placed'),
        event('order.paid', {}, { occurredAt: decidedAt }),
        event('order.out_of_stock', {}, { orderId: 'ord_2', occurredAt: decidedAt }),
      ]);
      await waitUntilPasses(async () => {
        assert.equal(await sum('order_stage_duration_seconds_count', { stage: 'decision' }), 2);
      });
      assert.equal(await sum('orders_placed_total'), 1);
      assert.equal(await sum('orders_total', { outcome: 'paid' }), 1);
      assert.equal(await sum('orders_total', { outcome: 'out_of_stock' }), 1);
      assert.equal(await sum('orders_amount_minor_units_total', { outcome: 'paid', currency: 'EUR' }), 2_400);
      assert.equal(await sum('orders_units_total', { outcome: 'paid' }), 3);
      assert.equal(await sum('order_stage_duration_seconds_sum', { stage: 'reserve' }), 0.02);
      assert.equal(await sum('order_stage_duration_seconds_sum', { stage: 'charge' }), 0.1);
      assert.equal(await sum('events_total', { type: 'order.paid' }), 1);
    });

    it('do not measure the time again when a paid order is cancelled later', async () => {
      const decidedAt = new Date(Date.now() - 60_000);
      const { orders, asked } = observer([
        { orderId: 'ord_1', reservedMs: 20, decidedMs: 120, decidedAt, units: 3 },
      ]);
      orders.observe([event('order.cancelled')]);
      await waitUntilPasses(() => {
        assert.equal(asked.length, 1);
      });
      await new Promise(setImmediate);
      assert.equal(await sum('order_stage_duration_seconds_count', { stage: 'decision' }), 0);
      assert.equal(await sum('orders_total', { outcome: 'cancelled' }), 1);
    });

    it('are counted although the stages cannot be read', async () => {
      const { orders, errors } = observer();
      orders.observe([event('order.paid')]);
      await waitUntilPasses(() => {
        assert.equal(errors(), 1);
      });
      assert.equal(await sum('orders_total', { outcome: 'paid' }), 1);
    });

    for (const [type, data, result, amount] of [
      ['order.partially_refunded', { refund: { amount: 500, status: 'succeeded' } }, 'succeeded', 500],
      ['order.refunded', { refund: { amount: 500, status: 'resolved' } }, 'resolved', 500],
      ['order.payment_reconciled', { refund: { amount: 500, status: 'succeeded' } }, 'succeeded', 500],
      ['order.refund_skipped', { refund: { amount: 500, status: 'skipped' } }, 'skipped', 0],
      ['order.refund_failed', { refund: { amount: 500, status: 'skipped' } }, 'returned', 0],
      ['order.late_payment_refunded', { refund: { amount: 500 } }, 'late_payment', 500],
    ] as const)
      it(`count ${type} as a refund that ${result}`, async () => {
        observer().orders.observe([event(type, data)]);
        assert.equal(await sum('refunds_total', { result }), 1);
        assert.equal(await sum('refunds_total'), 1);
        assert.equal(await sum('refunded_amount_minor_units_total', { currency: 'EUR' }), amount);
      });

    it('count captures, disputes and alerts of stock', async () => {
      const { orders } = observer();
      const dispute = { amount: 900, currency: 'USD' };
      orders.observe([
        event('order.captured', { capture: { amount: 700, status: 'succeeded' } }),
        event('order.capture_skipped', { capture: { amount: 100, status: 'skipped' } }),
        event('order.dispute_created', { dispute: { ...dispute, status: 'needs_response' } }),
        event('order.dispute_closed', { dispute: { ...dispute, outcome: 'lost' } }),
        event('order.dispute_closed', { dispute: { ...dispute, outcome: 'invented by the provider' } }),
        event('stock.low', {}, { orderId: 'stock/mug-01/default' }),
      ]);
      assert.equal(await sum('captures_total', { result: 'succeeded' }), 1);
      assert.equal(await sum('captures_total', { result: 'skipped' }), 1);
      assert.equal(await sum('captured_amount_minor_units_total', { currency: 'EUR' }), 700);
      for (const result of ['opened', 'lost', 'other'])
        assert.equal(await sum('disputes_total', { result }), 1, result);
      assert.equal(await sum('disputed_amount_minor_units_total', { currency: 'USD' }), 900);
      assert.equal(await sum('stock_alerts_total', { state: 'low' }), 1);
    });
  });

  it('of batches say what waits, what runs and how large they are', async () => {
    const observer = batchObserver(families, 'orders');
    observer.changed(7, 1);
    observer.done(12, 40);
    assert.equal(await sum('batch_queued_items', { batcher: 'orders' }), 7);
    assert.equal(await sum('batches_in_progress', { batcher: 'orders' }), 1);
    assert.equal(await sum('batch_size_sum', { batcher: 'orders' }), 12);
    assert.equal(await sum('batch_duration_seconds_sum', { batcher: 'orders' }), 0.04);
  });

  it('of brakes say which kinds are on, and count what they refuse or delay, once there and once on the brake', async () => {
    const intake = { brakeId: 1, kind: 'intake', target: 'kafka' } as const;
    const on: BrakeOn[] = [intake, { ...intake, brakeId: 2, target: 'http' }];
    const counted: number[] = [];
    const count = ({ brakeId }: BrakeOn) => void counted.push(brakeId);
    const { brakes, beforeScrape } = observeBrakes(families, { ...NO_BRAKES, all: () => on, count });
    assert.equal(await sum('brakes_affected_total', { kind: 'sku' }), 0);
    brakes.count(intake);
    brakes.count(intake);
    beforeScrape();
    assert.equal(await sum('brakes_affected_total', { kind: 'intake' }), 2);
    assert.deepEqual(counted, [1, 1]);
    assert.deepEqual(
      [await sum('brakes_active', { kind: 'intake' }), await sum('brakes_active', { kind: 'provider' })],
      [2, 0],
    );
    on.length = 0;
    beforeScrape();
    assert.equal(await sum('brakes_active', { kind: 'intake' }), 0);
  });

  it('of a pool are read when they are asked for', async () => {
    const options = { max: 24 } as Parameters<typeof observePool>[2]['options'];
    const pool = { totalCount: 5, idleCount: 2, waitingCount: 4, options };
    observePool(families, 'postgres', pool)();
    assert.equal(await sum('pool_connections', { pool: 'postgres', state: 'used' }), 3);
    assert.equal(await sum('pool_connections', { pool: 'postgres', state: 'idle' }), 2);
    assert.equal(await sum('pool_connections_max', { pool: 'postgres' }), 24);
    assert.equal(await sum('pool_waiting_requests', { pool: 'postgres' }), 4);
  });
});
