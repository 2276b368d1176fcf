import { setTimeout as delay } from 'node:timers/promises';
import { Consumer, type GroupAssignment, type MessagesStream } from '@platformatic/kafka';
import type { Logger } from 'pino';
import type { MessageHandler } from '../../contracts/ports/broker.ts';
import type { KafkaAddress } from './address.ts';
import { toInbound, type KafkaMessage } from './inbound.ts';
import { createPartitionOffsets, type PartitionOffsets } from './offsets.ts';
import { COMMAND_TOPICS } from './topics.ts';

export interface SessionOptions {
  address: KafkaAddress;
  clientId: string;
  groupId: string;
  handle: MessageHandler;
  /** Messages in hand at most. */
  atOnce: number;
  /** Ends the attempt to join. */
  giveUp: AbortSignal;
  logger: Logger;
}

/** One membership in the consumer group. */
export interface Session {
  /** Resolves when it has ended, and a new one is needed: why. */
  readonly ended: Promise<Error>;
  pause(): void;
  /** Commits what is done, and leaves the group. */
  close(): Promise<void>;
}

/** Milliseconds. A member that dies is missed after the first; its partitions are given to others then. */
const GROUP = { sessionTimeout: 10_000, heartbeatInterval: 2_000, rebalanceTimeout: 30_000 } as const;
const MAX_FETCH_MS = 500;
const COMMIT_EVERY_MS = 100;
/** A broker that is gone answers nothing; the group notices by itself that we have left. */
const CLOSE_DEADLINE_MS = 3_000;

export async function openSession(options: SessionOptions): Promise<Session> {
  const { address, clientId, groupId, handle, atOnce, giveUp, logger } = options;
  const partitions = new Map<string, PartitionOffsets>();
  let inHand = 0;
  let paused = false;

  const consumer = new Consumer({
    ...address,
    ...GROUP,
    clientId,
    groupId,
    autocommit: false,
    maxWaitTime: MAX_FETCH_MS,
    retries: 3,
    retryDelay: 300,
  });
  const ending = new AbortController();
  const ended = new Promise<Error>((resolve) => {
    ending.signal.addEventListener('abort', () => {
      resolve(ending.signal.reason as Error);
    });
  });
  const end = (error: unknown): void => {
    ending.abort(error instanceof Error ? error : new Error('the stream has ended'));
  };
  consumer.on('error', end);
  giveUp.addEventListener('abort', () => void closed(consumer), { once: true });

  let stream: MessagesStream<Buffer, Buffer, Buffer, Buffer>;
  try {
    stream = await consumer.consume({
      ...GROUP,
      topics: COMMAND_TOPICS,
      mode: 'committed',
      fallbackMode: 'earliest',
      autocommit: false,
      maxWaitTime: MAX_FETCH_MS,
      highWaterMark: atOnce,
    });
  } catch (error) {
    await leave();
    throw error;
  }
  stream.on('error', end);
  stream.on('close', () => {
    end(undefined);
  });
  stream.on('data', (message) => void take(message));
  const committing = commitNowAndThen();

  async function take(message: KafkaMessage): Promise<void> {
    const name = `${message.topic}/${message.partition}`;
    const offsets = partitions.get(name) ?? createPartitionOffsets();
    partitions.set(name, offsets);
    if (!offsets.begin(message.offset)) return;
    inHand += 1;
    if (inHand >= atOnce) stream.pause();
    try {
      await handle(toInbound(message));
      offsets.done(message.offset);
    } catch {
      // Never done, so nothing behind it is committed: whoever gets the partition next begins with it.
    } finally {
      inHand -= 1;
      if (!paused && inHand <= atOnce / 2 && stream.isPaused()) stream.resume();
    }
  }

  async function commitNowAndThen(): Promise<void> {
    while (!ending.signal.aborted) {
      await delay(COMMIT_EVERY_MS, undefined, { signal: ending.signal }).catch(() => undefined);
      await commit();
    }
  }

  /** Of the partitions that are ours at this moment. In vain while the group is being rearranged: then the next time. */
  async function commit(): Promise<void> {
    const assigned = consumer.assignments ?? [];
    const due = assigned
      .flatMap((assignment) => partitionsOf(assignment))
      .flatMap(({ topic, partition }) => {
        const offset = partitions.get(`${topic}/${partition}`)?.toCommit();
        return offset === undefined ? [] : [{ topic, partition, offset, leaderEpoch: -1 }];
      });
    if (due.length === 0) return;
    try {
      await consumer.commit({ offsets: due });
      for (const { topic, partition, offset } of due)
        partitions.get(`${topic}/${partition}`)?.committed(offset);
    } catch (error) {
      logger.debug({ cause: String(error) }, 'Kafka has not taken a commit; it is repeated');
    }
  }

  async function leave(): Promise<void> {
    const late = new AbortController();
    await Promise.race([
      closed(consumer),
      delay(CLOSE_DEADLINE_MS, undefined, { signal: late.signal }).catch(() => undefined),
    ]);
    late.abort();
  }

  return {
    ended,
    pause() {
      paused = true;
      stream.pause();
    },
    async close() {
      const lost = ending.signal.aborted;
      end(undefined);
      await committing;
      if (!lost) await commit();
      await leave();
    },
  };
}

/** Whatever the cluster says to that. */
const closed = (consumer: Consumer): Promise<void> =>
  new Promise((resolve) => {
    consumer.close(true, () => {
      resolve();
    });
  });

const partitionsOf = ({ topic, partitions }: GroupAssignment): { topic: string; partition: number }[] =>
  partitions.map((partition) => ({ topic, partition }));
