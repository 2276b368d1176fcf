import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { Client } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { startOnFreePorts } from '../../dev/processes/free-ports.ts';
import { orderRequest } from '../../harness/orders.ts';
import { testTemporal } from '../../harness/servers/test-servers.ts';
import { openStage, type Stage } from '../support/api/app.ts';
import { getting, newKey, orderOf, placing, problemOf, sending } from '../support/api/requests.ts';

/** A proxy to a server that the test can disconnect and connect again. */
async function openCable(
  target: string,
): Promise<{ address: string; pull(): void; plug(): Promise<unknown>; close(): void }> {
  const [host = '', port = ''] = target.split(':');
  const sockets = new Set<Socket>();
  const server: Server = createServer((near) => {
    const far = connect(Number(port), host);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
    }
    near.pipe(far).pipe(near);
  });
  const listen = async (at: number): Promise<number> => {
    server.listen(at, '127.0.0.1');
    await once(server, 'listening');
    return at;
  };
  const own = await startOnFreePorts(['own'], (ports) => listen(ports.own));
  const pull = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { address: `127.0.0.1:${own}`, pull, plug: () => listen(own), close: pull };
}

describe('while Temporal cannot be reached', () => {
  let stage: Stage;
  let cable: Awaited<ReturnType<typeof openCable>>;
  let connection: NativeConnection;
  before(async function () {
    this.timeout(120_000);
    const { address, namespace } = await testTemporal();
    cable = await openCable(address);
    connection = await NativeConnection.connect({ address: cable.address });
    stage = await openStage(new Client({ connection, namespace }));
  });
  after(async () => {
    await stage.close();
    await connection.close();
    cable.close();
  });

  it('an order is answered 503 and not acknowledged; the same call succeeds when it is back', async () => {
    const request = placing(orderRequest(), { 'idempotency-key': newKey(), prefer: 'wait=1' });
    cable.pull();
    const refused = await stage.app.inject(request);
    assert.deepEqual([refused.statusCode, problemOf(refused).code], [503, 'unavailable'], refused.body);
    assert.ok(Number(refused.headers['retry-after']) > 0);

    await cable.plug();
    const placed = await stage.app.inject(request);
    assert.equal(placed.statusCode, 202, placed.body);
    const found = await stage.app.inject(getting(`/v1/orders/${orderOf(placed).orderId}`));
    assert.equal(found.statusCode, 200);
  }).timeout(60_000);

  it('an order that the catalogue refuses is not refused until it is known that it was never placed', async () => {
    cable.pull();
    const answer = await stage.app.inject(placing(orderRequest({ expectedTotal: 1 })));
    assert.equal(answer.statusCode, 503, answer.body);
    await cable.plug();
  }).timeout(60_000);

  it('a cancellation that no worker has accepted is answered 503', async () => {
    const placed = await stage.app.inject(placing(orderRequest()));
    assert.equal(placed.statusCode, 202, placed.body);
    const { orderId } = orderOf(placed);
    const answer = await stage.app.inject(sending('POST', `/v1/orders/${orderId}/cancel`, {}));
    assert.deepEqual([answer.statusCode, problemOf(answer).code], [503, 'unavailable'], answer.body);
  });
});
