import type { DeadLetter, DeadLetterStore } from '../adapters/postgres/dead-letters.ts';
import type { Broker, OutboundMessage } from '../contracts/ports/broker.ts';
import { DEAD_CHANNEL } from '../contracts/messages.ts';
import type { Logger } from '../platform/logging.ts';
import { createPoller, type Poller } from './poller.ts';

const PUBLISH_BATCH_SIZE = 50;
const PUBLISH_POLL_INTERVAL_MS = 2_000;

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
    for (const broker of brokers) {
      if (!broker.publish) continue;
      const publish = broker.publish.bind(broker);
      const count = await deadLetters.publishEach(broker.name, PUBLISH_BATCH_SIZE, (letter) =>
        publish([toMessage(letter)]),
      );
      more ||= count === PUBLISH_BATCH_SIZE;
    }
    return more;
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
