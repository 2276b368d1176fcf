import { createHash } from 'node:crypto';
import type { DeadLetterStore, UnpublishedDeadLetter } from '../adapters/postgres/dead-letters.ts';
import type { Broker, OutboundMessage } from '../contracts/ports/broker.ts';
import { DEAD_CHANNEL } from '../contracts/messages.ts';
import type { Logger } from '../platform/logging.ts';
import { createPoller, type Poller } from './poller.ts';

const PUBLISH_BATCH_SIZE = 50;
const PUBLISH_POLL_INTERVAL_MS = 2_000;
/**
 * How long a batch belongs to this process. If the process dies, another one publishes the batch after this time. Milliseconds.
 */
const PUBLISH_LEASE_MS = 60_000;
/** No dead letter is sent when less than this is left of the lease: it covers the timeout of one publish. Milliseconds. */
const MIN_LEASE_LEFT_MS = 30_000;

/**
 * A dead letter that the broker has refused this often is sent without its body and what else its sender has chosen: the broker may never
 * take the whole (its limit is lower, a property is too long), and the dead letters behind it must not wait for that. If it refuses this
 * too, it is the broker that does not work.
 */
const MAX_REFUSALS = 3;
/** Characters of all attributes together, and of any other text that comes from the message. RabbitMQ's headers fit into 128 KiB. */
const MAX_ATTRIBUTES_LENGTH = 16_384;
const MAX_TEXT_LENGTH = 1_000;
/** Bytes. RabbitMQ has no longer content types and types. */
const MAX_PROPERTY_BYTES = 255;

/**
 * Publishes every dead letter to the dead queue or topic of the broker that it came from. The table `dead_letters` is the
 * outbox, so none is missed. A dead letter that was published just before the process died is published again, under the same id.
 */
export function createDeadLetterOutbox(
  brokers: readonly Broker[],
  deadLetters: DeadLetterStore,
  logger: Logger,
): Poller {
  /** How often a broker has refused a dead letter: of each broker the oldest one that is not published yet. */
  const refusals = new Map<Broker['name'], { deadLetterId: string; count: number }>();

  async function publishPending(): Promise<boolean> {
    let more = false;
    let failure: { error: unknown } | undefined;
    for (const { name, publish } of brokers) {
      if (!publish) continue;
      try {
        more = (await publishBatch(name, publish)) || more;
      } catch (error) {
        // A broker that is down does not keep back the dead letters of another.
        failure ??= { error };
      }
    }
    if (failure) throw failure.error;
    return more;
  }

  /**
   * The statements are transactions of their own: none stays open while the broker is called.
   *
   * @returns whether there may be more
   */
  async function publishBatch(
    source: Broker['name'],
    publish: NonNullable<Broker['publish']>,
  ): Promise<boolean> {
    const leasedAt = performance.now();
    const letters = await deadLetters.leaseUnpublished(source, PUBLISH_BATCH_SIZE, PUBLISH_LEASE_MS);
    const published: string[] = [];
    const isLeased = (): boolean => performance.now() - leasedAt < PUBLISH_LEASE_MS - MIN_LEASE_LEFT_MS;
    try {
      for (const letter of letters) {
        if (!isLeased()) break;
        await publishOne(letter, publish);
        published.push(letter.deadLetterId);
      }
    } finally {
      await deadLetters.markPublished(published);
      await deadLetters.returnUnpublished(
        letters.slice(published.length).map(({ deadLetterId }) => deadLetterId),
      );
    }
    return letters.length === PUBLISH_BATCH_SIZE;
  }

  async function publishOne(
    letter: UnpublishedDeadLetter,
    publish: NonNullable<Broker['publish']>,
  ): Promise<void> {
    const { deadLetterId, message } = letter;
    try {
      await publish([toMessage(letter)]);
    } catch (error) {
      const last = refusals.get(message.source);
      const count = last?.deadLetterId === deadLetterId ? last.count + 1 : 1;
      refusals.set(message.source, { deadLetterId, count });
      if (count < MAX_REFUSALS) throw error;
      await publish([withoutContent(letter)]);
      logger.warn(
        { deadLetterId, source: message.source, cause: String(error) },
        'the broker refuses a dead letter; it was published without its body and attributes',
      );
    }
    refusals.delete(message.source);
  }

  return createPoller({
    poll: publishPending,
    intervalMs: PUBLISH_POLL_INTERVAL_MS,
    onError: (error) => {
      logger.warn({ cause: String(error) }, 'intake cannot publish dead letters; it tries again');
    },
  });
}

/** The body has the original bytes, unless they are too many; what is known about the message is in the headers. */
function toMessage(letter: UnpublishedDeadLetter): OutboundMessage {
  const { message, messageId, type, omittedBodySha256 } = letter;
  return {
    ...withoutContent(letter),
    type: propertyOf(type) ?? 'unknown',
    key: messageId ?? letter.deadLetterId,
    contentType: propertyOf(message.contentType) ?? 'application/octet-stream',
    headers: {
      ...headersOf(letter),
      ...(omittedBodySha256 !== undefined && omissionOf(letter, omittedBodySha256)),
      ...(messageId !== undefined && { 'original-id': messageId }),
      ...(type !== undefined && { 'original-type': type }),
      ...attributesOf(message.attributes),
    },
    body: message.body,
  };
}

/** What every broker takes, whatever the message was. */
function withoutContent(letter: UnpublishedDeadLetter): OutboundMessage {
  const { deadLetterId, message, omittedBodySha256 } = letter;
  const sha256 = omittedBodySha256 ?? createHash('sha256').update(message.body).digest('hex');
  return {
    channel: DEAD_CHANNEL,
    id: deadLetterId,
    type: 'unknown',
    key: deadLetterId,
    contentType: 'application/octet-stream',
    headers: { ...headersOf(letter), ...omissionOf(letter, sha256) },
    body: Buffer.alloc(0),
  };
}

const headersOf = ({ deadLetterId, message, reason, detail, firstSeenAt }: UnpublishedDeadLetter) => ({
  'dead-letter-id': deadLetterId,
  'dead-letter-reason': reason,
  'dead-letter-detail': detail.slice(0, MAX_TEXT_LENGTH),
  'dead-letter-source': `${message.source}:${message.position}`,
  'dead-letter-time': firstSeenAt.toISOString(),
});

/** Says that the body was left out, and where it is. */
const omissionOf = ({ deadLetterId, size }: UnpublishedDeadLetter, sha256: string) => ({
  'dead-letter-body': `left out, see GET /v1/dead-letters/${deadLetterId}`,
  'dead-letter-size': String(size),
  'dead-letter-sha256': sha256,
});

const propertyOf = (text: string | undefined): string | undefined =>
  text !== undefined && Buffer.byteLength(text) <= MAX_PROPERTY_BYTES ? text : undefined;

function attributesOf(attributes: Readonly<Record<string, string>>): Record<string, string> {
  let left = MAX_ATTRIBUTES_LENGTH;
  const kept: [string, string][] = [];
  for (const [name, value] of Object.entries(attributes)) {
    const text = value.slice(0, MAX_TEXT_LENGTH);
    left -= name.length + text.length;
    if (left < 0) break;
    kept.push([`original-ce-${name}`, text]);
  }
  return Object.fromEntries(kept);
}
