import type { DeadLetter, DeadLetterStore } from '../adapters/postgres/dead-letters.ts';
import type { Broker, OutboundMessage } from '../contracts/ports/broker.ts';
import { DEAD_CHANNEL } from '../contracts/messages.ts';
import type { Logger } from '../platform/logging.ts';
import { repeat, type Repeated } from './poller.ts';

const AT_ONCE = 50;
const POLL_INTERVAL_MS = 2_000;

/**
 * Brings every dead letter to the dead queue or topic of the broker that it came from: the table is the outbox, so none is
 * missed. One that is published when the process dies is published again, under the same id.
 */
export function createDeadLetterOutbox(
  brokers: readonly Broker[],
  deadLetters: DeadLetterStore,
  logger: Logger,
): Repeated {
  async function round(): Promise<boolean> {
    let more = false;
    for (const broker of brokers) {
      if (!broker.publish) continue;
      const publish = broker.publish.bind(broker);
      const count = await deadLetters.publishEach(broker.name, AT_ONCE, (letter) =>
        publish([toMessage(letter)]),
      );
      more ||= count === AT_ONCE;
    }
    return more;
  }

  return repeat(round, POLL_INTERVAL_MS, (error) => {
    logger.warn({ cause: String(error) }, 'dead letters could not be published; they will be');
  });
}

/** The original bytes; what is said of them is in the headers. */
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
