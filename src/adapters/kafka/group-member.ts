import { setTimeout as delay } from 'node:timers/promises';
import { Consumer, type GroupAssignment, type MessagesStream } from '@platformatic/kafka';
import type { Logger } from 'pino';
import { UNREADABLE_BATCH_TYPE, type MessageHandler } from '../../contracts/ports/broker.ts';
import type { KafkaAddress } from './address.ts';
import { prepareDecompression } from './compression.ts';
import { toInbound, type KafkaMessage } from './inbound.ts';
import { createPartitionOffsets, type PartitionOffsets } from './offsets.ts';
import { COMMAND_TOPICS } from './topics.ts';

export interface GroupMemberOptions {
  address: KafkaAddress;
  clientId: string;
  groupId: string;
  handle: MessageHandler;
  /** Maximum number of messages that are handled at a time. */
  maxConcurrent: number;
  /** Abandons the attempt to join. */
  abandon: AbortSignal;
  logger: Logger;
}

/** One membership in the consumer group. */
export interface GroupMember {
  /** Resolves with the cause when the membership has ended and the process has to join again. */
  readonly ended: Promise<Error>;
  pause(): void;
  /** Changes the maximum number of messages that are handled at a time. */
  resize(maxConcurrent: number): void;
  /** Commits the offsets of handled messages, and leaves the group. */
  close(): Promise<void>;
}

/** Milliseconds. When a member sends no heartbeat for `sessionTimeout`, its partitions are assigned to other members. */
const GROUP = { sessionTimeout: 10_000, heartbeatInterval: 2_000, rebalanceTimeout: 30_000 } as const;
const MAX_FETCH_MS = 500;
const COMMIT_INTERVAL_MS = 100;
/** As often as clients of Kafka commit by themselves. */
const REPEAT_INTERVAL_MS = 5_000;
/** An unreachable broker does not respond. The group then notices by the missing heartbeats that the member has left. */
const CLOSE_TIMEOUT_MS = 3_000;

/** Joins the consumer group and begins to handle messages. Rejects if the process cannot join. */
export async function joinGroup(options: GroupMemberOptions): Promise<GroupMember> {
  const { address, clientId, groupId, handle, abandon, logger } = options;
  let { maxConcurrent } = options;
  const partitions = new Map<string, PartitionOffsets>();
  let inProgress = 0;
  let paused = false;

  prepareDecompression();
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
    ending.abort(error instanceof Error ? error : new Error('The stream of messages has ended'));
  };
  consumer.on('error', end);
  abandon.addEventListener('abort', () => void closed(consumer), { once: true });

  let stream: MessagesStream<Buffer, Buffer, Buffer, Buffer>;
  try {
    stream = await consumer.consume({
      ...GROUP,
      topics: COMMAND_TOPICS,
      mode: 'committed',
      fallbackMode: 'earliest',
      autocommit: false,
      maxWaitTime: MAX_FETCH_MS,
      highWaterMark: maxConcurrent,
    });
  } catch (error) {
    await leave();
    throw error;
  }
  stream.on('error', end);
  stream.on('close', () => {
    end(undefined);
  });
  stream.on('data', (message) => void receive(message));
  const committing = commitRegularly();

  async function receive(message: KafkaMessage): Promise<void> {
    const name = `${message.topic}/${message.partition}`;
    const offsets = partitions.get(name) ?? createPartitionOffsets();
    partitions.set(name, offsets);
    if (!offsets.begin(message.offset)) return;
    const inbound = toInbound(message);
    if (inbound.contentType === UNREADABLE_BATCH_TYPE)
      logger.error(
        { topic: message.topic, partition: message.partition, offset: String(message.offset) },
        'Kafka consumer cannot decompress a batch of messages, or it is too large then; it becomes a dead letter',
      );
    inProgress += 1;
    if (inProgress >= maxConcurrent) stream.pause();
    try {
      await handle(inbound);
      offsets.done(message.offset);
    } catch {
      // The offset is never marked as done, so no offset after it is committed: the next owner of the partition begins with it.
    } finally {
      inProgress -= 1;
      resumeIfFree();
    }
  }

  function resumeIfFree(): void {
    if (!paused && inProgress <= maxConcurrent / 2 && stream.isPaused()) stream.resume();
  }

  async function commitRegularly(): Promise<void> {
    let repeatedAt = performance.now();
    while (!ending.signal.aborted) {
      if (performance.now() - repeatedAt > REPEAT_INTERVAL_MS) {
        for (const offsets of partitions.values()) offsets.repeat();
        repeatedAt = performance.now();
      }
      await delay(COMMIT_INTERVAL_MS, undefined, { signal: ending.signal }).catch(() => undefined);
      await commit();
    }
  }

  /** Commits the offsets of the partitions that are assigned to this member. Fails during a rebalance, and is repeated then. */
  async function commit(): Promise<void> {
    const assigned = (consumer.assignments ?? []).flatMap((assignment) => partitionsOf(assignment));
    const names = new Set(assigned.map(({ topic, partition }) => `${topic}/${partition}`));
    for (const [name, offsets] of partitions) if (!names.has(name)) offsets.lost();
    const due = assigned.flatMap(({ topic, partition }) => {
      const offset = partitions.get(`${topic}/${partition}`)?.toCommit();
      return offset === undefined ? [] : [{ topic, partition, offset, leaderEpoch: -1 }];
    });
    if (due.length === 0) return;
    try {
      await consumer.commit({ offsets: due });
      for (const { topic, partition, offset } of due)
        partitions.get(`${topic}/${partition}`)?.committed(offset);
    } catch (error) {
      logger.debug({ cause: String(error) }, 'Kafka refused a commit, which is repeated');
    }
  }

  async function leave(): Promise<void> {
    const timeout = new AbortController();
    await Promise.race([
      closed(consumer),
      delay(CLOSE_TIMEOUT_MS, undefined, { signal: timeout.signal }).catch(() => undefined),
    ]);
    timeout.abort();
  }

  return {
    ended,
    pause() {
      paused = true;
      stream.pause();
    },
    resize(to) {
      maxConcurrent = to;
      resumeIfFree();
    },
    async close() {
      const hasEnded = ending.signal.aborted;
      end(undefined);
      await committing;
      if (!hasEnded) await commit();
      await leave();
    },
  };
}

/** Closes the consumer and ignores an error of the cluster. */
const closed = (consumer: Consumer): Promise<void> =>
  new Promise((resolve) => {
    consumer.close(true, () => {
      resolve();
    });
  });

const partitionsOf = ({ topic, partitions }: GroupAssignment): { topic: string; partition: number }[] =>
  partitions.map((partition) => ({ topic, partition }));
