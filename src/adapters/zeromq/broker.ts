import type { Logger } from 'pino';
import { Router } from 'zeromq';
import type { Broker, MessageHandler } from '../../contracts/ports/broker.ts';
import { endpointOf } from './endpoint.ts';
import { replayRequestOf, type ReplayEvents } from './replay.ts';
import { secureSocket } from './socket-security.ts';

export interface ZeroMqOptions {
  /** See {@link endpointOf}. */
  commands: string;
  /** Returns the events that a subscriber has missed. */
  replay: ReplayEvents;
  logger: Logger;
}

/** Bytes. ZeroMQ disconnects a client that sends a larger message. A message that is too large but below this gets a reply. */
const MAX_MESSAGE_BYTES = 32 * 1024 * 1024;

/**
 * Opens a ROUTER socket that replies to each command when it is durable. No broker stores messages, so a client sends its command again
 * until it has the reply. The frames before the last one belong to the client and are sent back with the reply, so REQ and DEALER sockets
 * both work.
 */
export async function openZeroMq({ commands, replay, logger }: ZeroMqOptions): Promise<Broker> {
  const endpoint = endpointOf(commands);
  const { options, authenticator } = await secureSocket(endpoint, 'can place orders', logger);
  const socket = new Router({
    handover: true,
    maxMessageSize: MAX_MESSAGE_BYTES,
    linger: 1_000,
    ...options,
  });
  let inProgress = 0;
  let paused = false;
  let onHandled: () => void = () => undefined;
  let sending = Promise.resolve();

  async function receiveAll(handle: MessageHandler, maxConcurrent: number): Promise<void> {
    for await (const frames of socket) {
      if (paused) return;
      inProgress += 1;
      void receive(handle, frames);
      while (inProgress >= maxConcurrent) await new Promise<void>((resolve) => (onHandled = resolve));
    }
  }

  async function receive(handle: MessageHandler, frames: Buffer[]): Promise<void> {
    const envelope = frames.slice(0, -1);
    try {
      const body = frames.at(-1) ?? Buffer.alloc(0);
      const position = endpoint.address;
      const replayRequest = replayRequestOf(body);
      if (replayRequest === undefined)
        reply(envelope, await handle({ source: 'zeromq', position, body, attributes: {} }));
      else reply(envelope, 'error' in replayRequest ? replayRequest : await replay(replayRequest));
    } catch {
      // The client gets no reply, and sends its message again.
    } finally {
      inProgress -= 1;
      onHandled();
    }
  }

  /** Sends one reply after the other, because a socket allows one send at a time. A disconnected client sends its message again. */
  function reply(envelope: Buffer[], result: object): void {
    sending = sending
      .then(() => socket.send([...envelope, JSON.stringify(result)]))
      .catch((error: unknown) => {
        logger.debug({ cause: String(error) }, 'ZeroMQ socket did not send a reply');
      });
  }

  return {
    name: 'zeromq',

    async consume(handle, maxConcurrent) {
      await socket.bind(endpoint.address);
      logger.info({ address: endpoint.address }, 'ZeroMQ socket listens for commands');
      receiveAll(handle, maxConcurrent).catch((error: unknown) => {
        if (!paused)
          logger.error({ cause: String(error) }, 'ZeroMQ socket failed and receives no more commands');
      });
    },

    pause() {
      paused = true;
      return Promise.resolve();
    },

    async close() {
      await sending;
      socket.close();
      authenticator?.close();
    },
  };
}
