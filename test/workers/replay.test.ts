import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NativeConnection } from '@temporalio/worker';
import { replayHistories, replayLive, type ReplayOutcome } from '../../src/workers/replay.ts';
import { temporaryFolder, testTemporal } from '../../harness/servers/test-servers.ts';
import { fulfilmentWorkflowId, returnWorkflowId } from '../../src/contracts/temporal/names.ts';
import { requestReturn } from '../support/recordings/returns.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { line } from '../../harness/orders.ts';
import { openRecordingStage, type RecordedOrder, type RecordingStage } from '../support/recordings/stage.ts';

/** A history in which `chargePayment` is an ordinary activity. */
const RECORDED = fileURLToPath(new URL('../replay/histories/paid_after_local_timeout.json', import.meta.url));

async function all(replays: AsyncIterable<ReplayOutcome>): Promise<ReplayOutcome[]> {
  const outcomes: ReplayOutcome[] = [];
  for await (const outcome of replays) outcomes.push(outcome);
  return outcomes;
}

describe('replay', function () {
  this.timeout(120_000);
  let stage: RecordingStage;
  let paid: RecordedOrder;
  let waiting: RecordedOrder;

  before(async () => {
    stage = await openRecordingStage();
    const lines = [line(await stage.shop.item(10))];
    paid = await stage.place({ lines });
    assert.equal((await paid.handle.result()).status, 'paid');
    waiting = await stage.place({ lines, payment: { method: 'pm_card_authenticationRequired' } });
    await waitUntilPasses(async () => {
      assert.equal((await stage.shop.reader.find(waiting.order.orderId))?.view.status, 'awaiting_customer');
    });
  });
  after(async () => {
    await waiting.handle.terminate('the test is over');
    await stage.close();
  });

  it('of a live server covers running and closed orders, their fulfilments and returns', async () => {
    const goods = await requestReturn(stage, 1);
    await goods.changed();
    await stage.fulfilments.changed(goods.orderId);
    const names = [
      `order/${paid.order.orderId}`,
      `order/${waiting.order.orderId}`,
      fulfilmentWorkflowId(goods.orderId),
      returnWorkflowId(goods.orderId, 1),
    ];
    const { address, namespace } = await testTemporal();
    const connection = await NativeConnection.connect({ address });
    try {
      await waitUntilPasses(async () => {
        const outcomes = await all(replayLive(connection, namespace, 5));
        for (const name of names)
          assert.deepEqual(
            outcomes.filter((outcome) => outcome.name === name),
            [{ name, ok: true }],
          );
      });
    } finally {
      await goods.run.handle.terminate('the test is over');
      await connection.close();
    }
  });

  it('names the history that does not replay, with the reason, and continues with the others', async () => {
    const dir = temporaryFolder();
    const good = readFileSync(RECORDED, 'utf8');
    const bad = good.replaceAll('"name": "chargePayment"', '"name": "chargeTwice"');
    assert.notEqual(bad, good);
    for (const [name, text] of Object.entries({ a: good, b: bad, c: good }))
      writeFileSync(join(dir, `${name}.json`), text);
    const outcomes = await all(replayHistories({ dir }));
    assert.deepEqual(
      outcomes.map(({ name, ok }) => [name, ok]),
      [
        ['a', true],
        ['b', false],
        ['c', true],
      ],
    );
    assert.match(outcomes[1]?.error ?? '', /chargeTwice/);
  });
});
