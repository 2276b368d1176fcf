import assert from 'node:assert/strict';
import { Client } from '@temporalio/client';
import { NativeConnection, type Worker } from '@temporalio/worker';
import { openBrakes, type BrakeWatch } from '../../src/adapters/postgres/brake-watch.ts';
import { createMailLog } from '../../src/adapters/postgres/mail-log.ts';
import type { BrakeView } from '../../src/contracts/http/brakes.ts';
import type { OrderView } from '../../src/contracts/http/order.ts';
import { TASK_QUEUES } from '../../src/contracts/temporal/names.ts';
import { createCheckoutWorker, createNotificationsWorker } from '../../src/workers/workers.ts';
import { MAIL_STYLE } from '../../harness/mail-style.ts';
import { orderRequest } from '../../harness/orders.ts';
import { testLogger as logger, testTemporal } from '../../harness/servers/test-servers.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { endAll, openStage, type Stage } from '../support/api/app.ts';
import { orderCalls, type OrderCalls } from '../support/api/order-calls.ts';
import { getting, placing, sending } from '../support/api/requests.ts';
import { openProvider, type Provider } from '../support/provider.ts';
import { silentMailer } from '../support/silent-mailer.ts';
import { testWorkflowBundle } from '../support/workflow-bundle.ts';

/** So many orders look at the brake in turn within the shortest pause. */
const ORDERS = 30;

describe('orders while the payment provider is paused', function () {
  this.timeout(180_000);
  let stage: Stage;
  let provider: Provider;
  let shop: OrderCalls;
  let connection: NativeConnection;
  const stops: (() => Promise<void>)[] = [];
  const watches = new Set<BrakeWatch>();

  before(async () => {
    const { address, namespace } = await testTemporal();
    connection = await NativeConnection.connect({ address });
    stage = await openStage(new Client({ connection, namespace }), TASK_QUEUES.checkout);
    provider = await openProvider();
    shop = orderCalls(await stage.another({}, { capture: 'later' }));
    await startProcess();
    await startProcess();
  });
  after(async () => {
    for (const stop of stops.splice(0)) await stop();
    await endAll(stage);
    await stage.close();
    await provider.close();
    await connection.close();
  });
  afterEach(release);

  /** The workers of another process, with its own connection for brakes. */
  async function startProcess(): Promise<void> {
    const { address, namespace } = await testTemporal();
    const own = await NativeConnection.connect({ address });
    const base = { connection: own, namespace };
    const brakes = await openBrakes(stage.shop.url, logger);
    watches.add(brakes);
    const { ledger, pool } = stage.shop;
    const mails = createMailLog(pool);
    const mail = { mails, mailer: silentMailer };
    const workers: Worker[] = [
      await createCheckoutWorker(base, await testWorkflowBundle(), {
        ...mail,
        ledger,
        provider: provider.payments,
        brakes,
        mailStyle: MAIL_STYLE,
      }),
      await createNotificationsWorker(base, { ...mail, style: MAIL_STYLE }),
    ];
    const running = workers.map((worker) => worker.run());
    stops.push(async () => {
      for (const worker of workers) worker.shutdown();
      await Promise.all(running);
      watches.delete(brakes);
      await brakes.close();
      await own.close();
    });
  }

  const pause = (): Promise<void> => change('/v1/brakes', { kind: 'provider', reason: 'a test' });
  async function release(): Promise<void> {
    const on = await stage.app.inject(getting('/v1/brakes?state=on'));
    for (const { brakeId } of on.json<{ data: BrakeView[] }>().data)
      await change(`/v1/brakes/${brakeId}/release`, { reason: 'the test is over' });
  }
  /** Every process knows it then. */
  async function change(url: string, body: object): Promise<void> {
    const answer = await stage.app.inject(sending('POST', url, body));
    assert.ok(answer.statusCode < 300, answer.body);
    for (const brakes of watches) await brakes.refresh();
  }

  const find = async (orderId: string): Promise<OrderView> =>
    (await stage.app.inject(getting(`/v1/orders/${orderId}`))).json<OrderView>();
  const eventsOf = async (orderId: string): Promise<string[]> =>
    (await shop.events(orderId)).map(({ name }) => name);
  const reaches = (orderId: string, status: string, withinMs = 20_000): Promise<void> =>
    waitUntilPasses(async () => {
      assert.equal((await find(orderId)).status, status);
    }, withinMs);
  const place = async (): Promise<OrderView> => {
    const answer = await stage.app.inject(placing(orderRequest()));
    assert.equal(answer.statusCode, 202, answer.body);
    return answer.json<OrderView>();
  };
  const chargesOf = async (orderId: string): Promise<number> =>
    (await provider.stripe.paymentIntents.list({ limit: 100 })).data.filter(
      ({ metadata }) => metadata['order_id'] === orderId,
    ).length;

  it('wait with their stock over a restart, in groups and alone, and are paid once, by themselves', async () => {
    await pause();
    const orders = await Promise.all(Array.from({ length: ORDERS }, place));
    for (const { orderId } of orders) await reaches(orderId, 'reserved');
    await stops.shift()?.();
    await startProcess();
    const late = await place();
    await reaches(late.orderId, 'reserved');
    const all = [...orders, late].map(({ orderId }) => orderId);
    for (const orderId of all) assert.equal(await chargesOf(orderId), 0);

    await release();
    for (const orderId of all) {
      await reaches(orderId, 'paid');
      assert.equal(await chargesOf(orderId), 1);
      assert.deepEqual(
        (await eventsOf(orderId)).filter((name) => /attention|unknown|failed/.test(name)),
        [],
      );
    }
  });

  it('are cancelled at once by a customer who does not want to wait, and never charged', async () => {
    await pause();
    const { orderId } = await place();
    await reaches(orderId, 'reserved');
    const { status } = await shop.cancel(orderId);
    assert.equal(status, 200);
    assert.equal((await find(orderId)).status, 'cancelled');
    await release();
    assert.equal(await chargesOf(orderId), 0);
  });

  it('get their money back as always', async () => {
    const { orderId } = await place();
    await reaches(orderId, 'paid');
    await pause();
    assert.equal((await shop.cancel(orderId)).status, 200);
    assert.equal((await find(orderId)).payment.status, 'refunded');
  });

  it('are captured after the release, by the capture that was asked for meanwhile', async () => {
    const { orderId } = await shop.place();
    await pause();
    const waiting = shop.capture(orderId);
    await waitUntilPasses(async () => {
      const on = await stage.app.inject(getting('/v1/brakes?state=on'));
      assert.equal(on.json<{ data: BrakeView[] }>().data[0]?.affected, 1);
    });
    assert.equal((await find(orderId)).payment.captured, 0);
    await release();
    assert.equal((await waiting).status, 200);
    assert.equal((await find(orderId)).payment.captured, 1_200);
    assert.ok(!(await eventsOf(orderId)).some((name) => name.startsWith('attention')));
  });
});
