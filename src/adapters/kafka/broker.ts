import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Broker, MessageHandler } from '../../contracts/ports/broker.ts';
import { kafkaAddress } from './address.ts';
import { createKafkaPublisher } from './publisher.ts';
import { openSession, type Session } from './group-member.ts';
import { ensureTopics } from './topics.ts';

export interface KafkaOptions {
  /** See {@link kafkaAddress}. */
  brokers: string;
  logger: Logger;
}

const CLIENT_ID = 'durable-checkout';
const GROUP_ID = 'durable-checkout.intake';
/** Milliseconds between two attempts to get at the cluster. */
const AGAIN_MS = 1_000;
/** A cluster that does not answer holds nobody up. */
const CLOSE_DEADLINE_MS = 5_000;

/** A member of the consumer group for as long as it is open, whatever becomes of the cluster meanwhile. */
export function openKafka({ brokers, logger }: KafkaOptions): Broker {
  const address = kafkaAddress(brokers);
  const publisher = createKafkaPublisher(address, CLIENT_ID);
  const closing = new AbortController();
  const pausing = new AbortController();
  let session: Session | undefined;
  let running: Promise<void> | undefined;

  const isOver = (): boolean => closing.signal.aborted || pausing.signal.aborted;

  async function run(handle: MessageHandler, atOnce: number): Promise<void> {
    let told = false;
    while (!isOver()) {
      let why: unknown;
      try {
        await ensureTopics(address, CLIENT_ID);
        const opening = openSession({
          address,
          clientId: CLIENT_ID,
          groupId: GROUP_ID,
          handle,
          atOnce,
          giveUp: closing.signal,
          logger,
        });
        // To join a group may take long, also where nobody wants to any more.
        const opened = await Promise.race([opening, aborted(closing.signal)]);
        if (!opened) {
          opening.then((late) => late.close()).catch(() => undefined);
          return;
        }
        session = opened;
        if (pausing.signal.aborted) opened.pause();
        logger.info('connected to Kafka');
        told = false;
        why = await Promise.race([opened.ended, aborted(closing.signal)]);
        await opened.close();
      } catch (error) {
        why = error;
      }
      session = undefined;
      if (isOver()) return;
      if (!told)
        logger.warn({ cause: why instanceof Error ? why.message : undefined }, 'Kafka cannot be reached');
      told = true;
      await delay(AGAIN_MS, undefined, { signal: closing.signal }).catch(() => undefined);
    }
  }

  return {
    name: 'kafka',

    // It may be a while until the cluster is there.
    consume(handle, atOnce) {
      running = run(handle, atOnce);
      return Promise.resolve();
    },

    publish: (messages) => publisher.publish(messages),

    pause() {
      pausing.abort();
      session?.pause();
      return Promise.resolve();
    },

    async close() {
      closing.abort();
      const late = new AbortController();
      await Promise.race([
        Promise.allSettled([running, publisher.close()]),
        delay(CLOSE_DEADLINE_MS, undefined, { signal: late.signal }).catch(() => undefined),
      ]);
      late.abort();
    },
  };
}

const aborted = (signal: AbortSignal): Promise<undefined> =>
  new Promise((resolve) => {
    signal.addEventListener('abort', () => {
      resolve(undefined);
    });
  });
