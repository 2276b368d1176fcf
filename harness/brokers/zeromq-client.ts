import { Dealer, type SocketOptions } from 'zeromq';
import type { Receipt } from '../../src/contracts/ports/broker.ts';
import type { Sender, TestMessage } from './message.ts';

export interface ZeroMqClient extends Sender {
  send(message: TestMessage): Promise<Receipt>;
}

/** How long a client waits before it sends again what was not answered. Milliseconds. */
const AGAIN_MS = 1_000;

/** A client as any shop has one: it sends each command again until it has the answer to it. */
export function zeroMqClient(address: string, options: SocketOptions<Dealer> = {}): ZeroMqClient {
  const socket = new Dealer({ linger: 0, ...options });
  socket.connect(address);
  const waiting = new Map<string, (receipt: Receipt) => void>();
  let count = 0;
  let sending: Promise<unknown> = Promise.resolve();
  void receive();

  async function receive(): Promise<void> {
    for await (const [number, answer] of socket) {
      waiting.get(String(number))?.(JSON.parse(String(answer)) as Receipt);
    }
  }

  return {
    send({ body }) {
      const number = String(++count);
      const post = (): void => {
        sending = sending.then(() => (socket.closed ? undefined : socket.send([number, body])));
      };
      return new Promise((resolve) => {
        const again = setInterval(post, AGAIN_MS);
        waiting.set(number, (receipt) => {
          clearInterval(again);
          waiting.delete(number);
          resolve(receipt);
        });
        post();
      });
    },

    async close() {
      await sending;
      socket.close();
    },
  };
}
