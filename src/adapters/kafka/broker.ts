import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Broker, MessageHandler } from '../../contracts/ports/broker.ts';
import { kafkaAddress } from './address.ts';
import { joinGroup, type GroupMember } from './group-member.ts';
import { createKafkaPublisher } from './publisher.ts';
import { ensureTopics } from './topics.ts';

export interface KafkaOptions {
  /** See {@link kafkaAddress}. */
  brokers: string;
  logger: Logger;
}

const CLIENT_ID = 'durable-checkout';
const GROUP_ID = 'durable-checkout.intake';
const RECONNECT_INTERVAL_MS = 1_000;
/** A cluster that does not respond must not delay the shutdown. */
const CLOSE_TIMEOUT_MS = 5_000;

/** A connection to Kafka that stays a member of the consumer group until it is closed, and joins again after every failure. */
export function openKafka({ brokers, logger }: KafkaOptions): Broker {
  const address = kafkaAddress(brokers);
  const publisher = createKafkaPublisher(address, CLIENT_ID);
  const closing = new AbortController();
  const pausing = new AbortController();
  let member: GroupMember | undefined;
  let running: Promise<void> | undefined;
  let maxConcurrent = 1;

  const isStopping = (): boolean => closing.signal.aborted || pausing.signal.aborted;

  async function run(handle: MessageHandler): Promise<void> {
    let isLogged = false;
    while (!isStopping()) {
      let cause: unknown;
      try {
        await ensureTopics(address, CLIENT_ID);
        const joining = joinGroup({
          address,
          clientId: CLIENT_ID,
          groupId: GROUP_ID,
          handle,
          maxConcurrent,
          abandon: closing.signal,
          logger,
        });
        // To join a group may take long, and must not delay the shutdown.
        const joined = await Promise.race([joining, aborted(closing.signal)]);
        if (!joined) {
          joining.then((late) => late.close()).catch(() => undefined);
          return;
        }
        member = joined;
        // It may have changed meanwhile.
        joined.resize(maxConcurrent);
        if (pausing.signal.aborted) joined.pause();
        logger.info('Kafka consumer joined its group');
        isLogged = false;
        cause = await Promise.race([joined.ended, aborted(closing.signal)]);
        await joined.close();
      } catch (error) {
        cause = error;
      }
      member = undefined;
      if (isStopping()) return;
      if (!isLogged)
        logger.warn(
          { cause: cause instanceof Error ? cause.message : undefined },
          'Kafka consumer cannot join its group and tries again',
        );
      isLogged = true;
      await delay(RECONNECT_INTERVAL_MS, undefined, { signal: closing.signal }).catch(() => undefined);
    }
  }

  return {
    name: 'kafka',

    // Resolves at once: it may take a while until the cluster can be reached.
    consume(handle, atMost) {
      maxConcurrent = atMost;
      running = run(handle);
      return Promise.resolve();
    },

    resize(atMost) {
      maxConcurrent = atMost;
      member?.resize(atMost);
      return Promise.resolve();
    },

    publish: (messages) => publisher.publish(messages),

    pause() {
      pausing.abort();
      member?.pause();
      return Promise.resolve();
    },

    async close() {
      closing.abort();
      const timeout = new AbortController();
      await Promise.race([
        Promise.allSettled([running, publisher.close()]),
        delay(CLOSE_TIMEOUT_MS, undefined, { signal: timeout.signal }).catch(() => undefined),
      ]);
      timeout.abort();
    },
  };
}

const aborted = (signal: AbortSignal): Promise<undefined> =>
  new Promise((resolve) => {
    signal.addEventListener('abort', () => {
      resolve(undefined);
    });
  });
