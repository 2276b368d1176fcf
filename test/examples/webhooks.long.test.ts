import assert from 'node:assert/strict';
import { startOnFreePorts } from '../../dev/processes/free-ports.ts';
import { CLOSED_PORT } from '../../harness/closed-port.ts';
import { temporaryFolder } from '../../harness/servers/test-servers.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { openWebhookStage, type WebhookStage } from '../support/webhooks/stage.ts';
import { pythonWithPackages, startBoardOn, type Example } from '../support/python.ts';

describe('live_board.py as a webhook endpoint', function () {
  this.timeout(180_000);
  let stage: WebhookStage;
  let packages: string;
  let board: Example | undefined;

  before(async function () {
    packages = await pythonWithPackages();
    stage = await openWebhookStage();
  });
  after(async () => {
    await board?.kill('SIGKILL');
    await stage.close();
  });

  it('receives the events that it missed while it was down, and accepts their signatures', () =>
    startOnFreePorts(['board'], async ({ board: port }) => {
      const { endpoint, secret } = await stage.service.add({ url: `http://127.0.0.1:${port}/webhook` });
      stage.startRelay();
      const orderIds = [await stage.place(), await stage.place()];
      await waitUntilPasses(async () => {
        const { failingSince } = await stage.service.find(endpoint.endpointId);
        assert.ok(failingSince, 'not tried yet');
      });
      const nowhere = `tcp://127.0.0.1:${CLOSED_PORT}`;
      board = await startBoardOn(port, packages, temporaryFolder(), {
        ...{ ZEROMQ_EVENTS: nowhere, ZEROMQ_COMMANDS: nowhere },
        WEBHOOK_SECRET: secret,
      });
      for (const orderId of orderIds)
        await waitUntilPasses(async () => {
          const answer = await fetch(`http://127.0.0.1:${port}/orders/${orderId}`);
          const { sequence, status } = (await answer.json()) as { sequence?: number; status?: string };
          assert.deepEqual([sequence, status], [2, 'reserved']);
        }, 90_000);
      for (const orderId of orderIds)
        for (const sequence of [1, 2])
          await waitUntilPasses(async () => {
            assert.equal(await stage.stateOf(endpoint.endpointId, orderId, sequence), 'delivered');
          }, 90_000);
    }));
});
