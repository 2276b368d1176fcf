import { Dealer, type SocketOptions } from 'zeromq';
import type { Receipt } from '../../src/contracts/ports/broker.ts';
import type { Sender, TestMessage } from './message.ts';

export interface ZeroMqClient extends Sender {
  send(message: TestMessage): Promise<Receipt>;
}

/** The time after which a command without an answer is sent again. Milliseconds. */
const RESEND_INTERVAL_MS = 1_000;

/** A client that sends each command again until it is answered. */
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
      const sendNow = (): void => {
        sending = sending.then(() => (socket.closed ? undefined : socket.send([number, body])));
      };
      return new Promise((resolve) => {
        const timer = setInterval(sendNow, RESEND_INTERVAL_MS);
        waiting.set(number, (receipt) => {
          clearInterval(timer);
          waiting.delete(number);
          resolve(receipt);
        });
        sendNow();
      });
    },

    async close() {
      await sending;
      socket.close();
    },
  };
}
