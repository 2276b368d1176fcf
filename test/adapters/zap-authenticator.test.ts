import assert from 'node:assert/strict';
import { curveKeyPair, Subscriber } from 'zeromq';
import { endpointOf } from '../../src/adapters/zeromq/endpoint.ts';
import { openZeroMqPublisher } from '../../src/adapters/zeromq/publisher.ts';
import { openZapAuthenticator } from '../../src/adapters/zeromq/zap-authenticator.ts';
import { startOnFreePorts } from '../../dev/processes/free-ports.ts';
import { testLogger as logger } from '../../harness/servers/test-servers.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';

describe('the authenticator of ZeroMQ clients', () => {
  it('opens again right after it was closed, as when an endpoint is restarted', async () => {
    for (let round = 0; round < 50; round += 1) {
      const authenticator = await openZapAuthenticator(
        endpointOf('tcp://shop:secret@127.0.0.1:5555'),
        logger,
      );
      authenticator.close();
    }
  });

  it('is closed while clients connect and end, and the process goes on', async () => {
    const [shop, known, unknown] = [curveKeyPair(), curveKeyPair(), curveKeyPair()];
    const keys = `curveSecretKey=${encodeURIComponent(shop.secretKey)}&curveClient=${encodeURIComponent(known.publicKey)}`;
    for (let round = 0; round < 20; round += 1)
      await startOnFreePorts(['events'], async ({ events: port }) => {
        const address = `tcp://127.0.0.1:${port}`;
        const publisher = await openZeroMqPublisher({ events: `${address}?${keys}`, logger });
        const clients = [unknown, unknown, unknown, unknown, unknown, unknown, unknown, known].map(
          ({ publicKey: curvePublicKey, secretKey: curveSecretKey }) => {
            const keyOptions = { curvePublicKey, curveSecretKey, curveServerKey: shop.publicKey };
            const socket = new Subscriber({ linger: 0, ...keyOptions });
            socket.connect(address);
            socket.subscribe();
            return socket;
          },
        );
        let received = 0;
        void (async () => {
          for await (const frames of clients.at(-1) ?? []) received += frames.length > 0 ? 1 : 0;
        })();
        await waitUntilPasses(async () => {
          await publisher.deliver([EVENT]);
          assert.ok(received >= 3, 'the known client has not received enough events');
        });
        for (const client of clients.reverse()) client.close();
        await publisher.close();
      });
  });
});

const EVENT = {
  cursor: '1.1',
  orderId: 'ord_1',
  sequence: 1,
  type: 'com.durable-checkout.order.placed.v1',
  data: {},
  occurredAt: new Date(),
} as const;
