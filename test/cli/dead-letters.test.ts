import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { PLACE, raw } from '../../harness/brokers/message.ts';
import { line, orderRequest } from '../../harness/orders.ts';
import { API_KEY, openStage, type Stage } from '../support/api/app.ts';
import { invoke } from '../support/cli/invoke.ts';
import { createTestBroker, openTestIntake } from '../support/intake/stage.ts';

describe('checkout dead-letters check', function () {
  this.timeout(60_000);
  let stage: Stage;
  let url: string;
  let deadLetterId: string;

  before(async () => {
    stage = await openStage();
    url = await stage.app.listen({ port: 0, host: '127.0.0.1' });
    const broker = createTestBroker();
    const intake = await openTestIntake(stage, [broker]);
    const receipt = await broker.deliver(raw('no', { id: randomUUID(), type: PLACE }));
    assert.ok(receipt.result === 'dead');
    ({ deadLetterId } = receipt);
    await intake.stop();
  });
  after(() => stage.close());

  const check = (data: object) =>
    invoke(['dead-letters', 'check', deadLetterId, '--data', JSON.stringify(data), '--url', url], {
      CHECKOUT_API_KEY: API_KEY,
    });

  it('says that a corrected message would be accepted', async () => {
    const { exitCode, out } = await check(orderRequest());
    assert.deepEqual([exitCode, out], [0, 'Accepted: a replay would run order.place.v1.\n']);
  });

  it('names the field to correct, and fails, where it would be refused', async () => {
    const { exitCode, out } = await check(orderRequest({ lines: [line('mug-01', 0)] }));
    assert.notEqual(exitCode, 0);
    assert.match(out, /^Refused: invalid_request: .*\n {2}data\.lines\[0\]\.quantity must be >= 1\n$/);
  });
});
