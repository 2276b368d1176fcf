import type { DeadLetter, DeadLetterStore } from '../adapters/postgres/dead-letters.ts';
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
 * Publishes every dead letter to the dead queue or topic of the broker that it came from. The table `dead_letters` is the
 * outbox, so none is missed. A dead letter that was published just before the process died is published again, under the same id.
 */
export function createDeadLetterOutbox(
  brokers: readonly Broker[],
  deadLetters: DeadLetterStore,
  logger: Logger,
): Poller {
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
        await publish([toMessage(letter)]);
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

  return createPoller({
    poll: publishPending,
    intervalMs: PUBLISH_POLL_INTERVAL_MS,
    onError: (error) => {
      logger.warn({ cause: String(error) }, 'intake cannot publish dead letters; it tries again');
    },
  });
}

/** The body has the original bytes; what is known about the message is in the headers. */
function toMessage({ deadLetterId, message, messageId, type, ...rest }: DeadLetter): OutboundMessage {
  return {
    channel: DEAD_CHANNEL,
    id: deadLetterId,
    type: type ?? 'unknown',
    key: messageId ?? deadLetterId,
    contentType: message.contentType ?? 'application/octet-stream',
    headers: {
      'dead-letter-id': deadLetterId,
      'dead-letter-reason': rest.reason,
      'dead-letter-detail': rest.detail,
      'dead-letter-source': `${message.source}:${message.position}`,
      'dead-letter-time': rest.firstSeenAt.toISOString(),
      ...(messageId !== undefined && { 'original-id': messageId }),
      ...(type !== undefined && { 'original-type': type }),
      ...Object.fromEntries(
        Object.entries(message.attributes).map(([name, value]) => [`original-ce-${name}`, value]),
      ),
    },
    body: message.body,
  };
}
