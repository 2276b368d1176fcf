import type { DeadLetter } from '../../adapters/postgres/dead-letters.ts';
import type {
  DeadLetterCheck,
  DeadLetterSummary,
  DeadLetterView,
} from '../../contracts/http/dead-letters.ts';
import type { CommandCheck } from '../../intake/dead-letter-service.ts';

export function toCheck({ type, ...check }: CommandCheck): DeadLetterCheck {
  const named = type && { type };
  if (check.accepted) return { accepted: true, ...named, errors: [] };
  const { code, message, errors } = check.problem;
  return { accepted: false, ...named, reason: code, detail: message, errors };
}

/** A dead letter without its message. */
export function toSummary(letter: DeadLetter): DeadLetterSummary {
  const { deadLetterId, message, messageId, type, state, reason, detail, errors, attempts, arrivals } =
    letter;
  const { size, firstSeenAt, lastSeenAt, retryAt, settledAt, orderId, note, actor } = letter;
  return {
    deadLetterId,
    source: message.source,
    position: message.position,
    ...(messageId !== undefined && { messageId }),
    ...(type !== undefined && { type }),
    state,
    reason,
    detail,
    errors,
    attempts,
    arrivals,
    size,
    firstSeenAt: firstSeenAt.toISOString(),
    lastSeenAt: lastSeenAt.toISOString(),
    ...(retryAt && { retryAt: retryAt.toISOString() }),
    ...(settledAt && { settledAt: settledAt.toISOString() }),
    ...(orderId !== undefined && { orderId }),
    ...(note !== undefined && { note }),
    ...(actor && { actor }),
  };
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** A dead letter with its message: as text where that is UTF-8, or else in base 64. */
export function toView(letter: DeadLetter): DeadLetterView {
  const { contentType, attributes, body } = letter.message;
  return {
    ...toSummary(letter),
    ...(contentType !== undefined && { contentType }),
    attributes: { ...attributes },
    ...asText(body),
  };
}

function asText(body: Buffer): Pick<DeadLetterView, 'body' | 'bodyBase64'> {
  try {
    return { body: utf8.decode(body) };
  } catch {
    return { bodyBase64: body.toString('base64') };
  }
}
