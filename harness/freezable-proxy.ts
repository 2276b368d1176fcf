import { setTimeout as delay } from 'node:timers/promises';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** Passes bytes on to a server, and can be made a bad neighbour: it stays connected, and answers late or not at all. */
export interface FreezableProxy {
  readonly port: number;
  /** From now on nothing arrives on either side. Connections stay open, and new ones are accepted. */
  freeze(): void;
  /** Ends the frozen connections. New ones work again. */
  thaw(): void;
  /** From now on what the server sends arrives so much later. Milliseconds. */
  delayAnswers(ms: number): void;
  close(): Promise<void>;
}

export async function startFreezableProxy(port: number, host = '127.0.0.1'): Promise<FreezableProxy> {
  const sockets = new Set<Socket>();
  let isFrozen = false;
  let answersAfterMs = 0;
  const track = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  };
  const server = createServer((incoming) => {
    track(incoming);
    if (isFrozen) return;
    const outgoing = connect(port, host);
    track(outgoing);
    incoming.pipe(outgoing);
    // One answer after the other, also when the delay becomes shorter.
    let passed = Promise.resolve();
    const passLater = (pass: () => void): void => {
      const at = performance.now() + answersAfterMs;
      passed = passed.then(() => delay(Math.max(0, at - performance.now()))).then(pass);
    };
    outgoing.on('data', (bytes) => {
      passLater(() => {
        if (!isFrozen && incoming.writable) incoming.write(bytes);
      });
    });
    outgoing.on('close', () => {
      passLater(() => incoming.destroy());
    });
    incoming.on('close', () => outgoing.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    freeze() {
      isFrozen = true;
      for (const socket of sockets) socket.unpipe();
    },
    thaw() {
      isFrozen = false;
      endAll();
    },
    delayAnswers(ms) {
      answersAfterMs = ms;
    },
    async close() {
      endAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
