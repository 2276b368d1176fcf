import { Admin } from '@platformatic/kafka';
import { COMMAND_TYPES, COMMANDS_CHANNEL, DEAD_CHANNEL, EVENTS_CHANNEL } from '../../contracts/messages.ts';
import type { KafkaAddress } from './address.ts';

/** Commands are taken from all of these; those named like a type need no header that says it. */
export const COMMAND_TOPICS = [COMMANDS_CHANNEL, ...COMMAND_TYPES];

/** So many processes can share the work; more can be added by hand at any time. */
const PARTITIONS = 6;

/** Makes those topics that are missing, with the cluster's own number of replicas. Safe to repeat. */
export async function ensureTopics(address: KafkaAddress, clientId: string): Promise<void> {
  const admin = new Admin({ ...address, clientId, retries: 0 });
  try {
    const existing = new Set(await admin.listTopics());
    for (const topic of [...COMMAND_TOPICS, EVENTS_CHANNEL, DEAD_CHANNEL]) {
      if (existing.has(topic)) continue;
      await admin
        .createTopics({ topics: [topic], partitions: PARTITIONS, replicas: -1 })
        .catch(unlessItExists);
    }
  } finally {
    await admin.close();
  }
}

/** Another process may have been faster. */
function unlessItExists(error: unknown): void {
  if (!/TOPIC_ALREADY_EXISTS|already exists/i.test(textOf(error))) throw error;
}

const textOf = (error: unknown): string =>
  error instanceof AggregateError
    ? [error.message, ...error.errors.map(textOf)].join(' ')
    : error instanceof Error
      ? `${error.message} ${'apiId' in error ? String(error.apiId) : ''} ${textOf(error.cause)}`
      : '';
