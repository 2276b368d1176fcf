import { Admin } from '@platformatic/kafka';
import { COMMAND_TYPES, COMMANDS_CHANNEL, DEAD_CHANNEL, EVENTS_CHANNEL } from '../../contracts/messages.ts';
import type { KafkaAddress } from './address.ts';

/** The topics of commands. A message in a topic that is named after a command type needs no header with the type. */
export const COMMAND_TOPICS = [COMMANDS_CHANNEL, ...COMMAND_TYPES];

/** At most this many processes share the messages of a topic. More partitions can be added by hand at any time. */
const PARTITIONS = 6;

/** Creates the topics that do not exist, with the cluster's default number of replicas. Safe to repeat. */
export async function ensureTopics(address: KafkaAddress, clientId: string): Promise<void> {
  const admin = new Admin({ ...address, clientId, retries: 0 });
  try {
    const existing = new Set(await admin.listTopics());
    for (const topic of [...COMMAND_TOPICS, EVENTS_CHANNEL, DEAD_CHANNEL]) {
      if (existing.has(topic)) continue;
      await admin
        .createTopics({ topics: [topic], partitions: PARTITIONS, replicas: -1 })
        .catch(throwUnlessItExists);
    }
  } finally {
    await admin.close();
  }
}

/** Another process may have created the topic meanwhile. */
function throwUnlessItExists(error: unknown): void {
  if (!/TOPIC_ALREADY_EXISTS|already exists/i.test(textOf(error))) throw error;
}

const textOf = (error: unknown): string =>
  error instanceof AggregateError
    ? [error.message, ...error.errors.map(textOf)].join(' ')
    : error instanceof Error
      ? `${error.message} ${'apiId' in error ? String(error.apiId) : ''} ${textOf(error.cause)}`
      : '';
