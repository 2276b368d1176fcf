import type { Logger } from 'pino';
import { Router } from 'zeromq';
import type { Broker, MessageHandler } from '../../contracts/ports/broker.ts';
import { endpointOf } from './endpoint.ts';
import { socketSecurityOf } from './curve-server.ts';
import { replayRequestOf, type ReplayEvents } from './replay.ts';

export interface ZeroMqOptions {
  /** See {@link endpointOf}. */
  commands: string;
  /** Answers who has missed events of the feed. */
  replay: ReplayEvents;
  logger: Logger;
}

/** Whoever sends more is cut off: what is too large by less is answered. Bytes. */
const LARGEST_MESSAGE = 32 * 1024 * 1024;

/**
 * A ROUTER that answers each command once it is durable. There is no broker that keeps anything: a client sends its command again
 * until it has the answer. What stands before the last frame is a client's own, and comes back with the answer: REQ and
 * DEALER both work.
 */
export async function openZeroMq({ commands, replay, logger }: ZeroMqOptions): Promise<Broker> {
  const endpoint = endpointOf(commands);
  const { options, gatekeeper } = await socketSecurityOf(endpoint, 'can place orders', logger);
  const socket = new Router({
    handover: true,
    maxMessageSize: LARGEST_MESSAGE,
    linger: 1_000,
    ...options,
  });
  let inHand = 0;
  let paused = false;
  let freed: () => void = () => undefined;
  let sending = Promise.resolve();

  async function receive(handle: MessageHandler, atOnce: number): Promise<void> {
    for await (const frames of socket) {
      if (paused) return;
      inHand += 1;
      void take(handle, frames);
      while (inHand >= atOnce) await new Promise<void>((resolve) => (freed = resolve));
    }
  }

  async function take(handle: MessageHandler, frames: Buffer[]): Promise<void> {
    const envelope = frames.slice(0, -1);
    try {
      const body = frames.at(-1) ?? Buffer.alloc(0);
      const position = endpoint.address;
      const missed = replayRequestOf(body);
      const answer = missed
        ? await replay(missed)
        : await handle({ source: 'zeromq', position, body, attributes: {} });
      reply(envelope, answer);
    } catch {
      // Without an answer the client sends it again.
    } finally {
      inHand -= 1;
      freed();
    }
  }

  /** One after the other, as a socket wants it. A client that is gone does not get it, and asks again. */
  function reply(envelope: Buffer[], answer: object): void {
    sending = sending
      .then(() => socket.send([...envelope, JSON.stringify(answer)]))
      .catch((error: unknown) => {
        logger.debug({ cause: String(error) }, 'an answer could not be sent');
      });
  }

  return {
    name: 'zeromq',

    async consume(handle, atOnce) {
      await socket.bind(endpoint.address);
      logger.info({ address: endpoint.address }, 'ZeroMQ listens');
      receive(handle, atOnce).catch((error: unknown) => {
        if (!paused) logger.error({ cause: String(error) }, 'ZeroMQ takes nothing more in');
      });
    },

    pause() {
      paused = true;
      return Promise.resolve();
    },

    async close() {
      await sending;
      socket.close();
      gatekeeper?.close();
    },
  };
}
