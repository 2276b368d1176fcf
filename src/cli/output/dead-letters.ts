import type {
  DeadLetterCheck,
  DeadLetterSummary,
  DeadLetterView,
} from '../../contracts/http/dead-letters.ts';
import { drawPairs, drawTable } from './table.ts';
import { paint, type Output } from './terminal.ts';

export const drawDeadLetters = (stream: Output, letters: readonly DeadLetterSummary[]): string =>
  drawTable(
    stream,
    ['dead letter', 'from', 'message', 'type', 'state', 'since', 'why'].map((title) => ({ title })),
    letters.map(({ deadLetterId, source, messageId, type, state, firstSeenAt, reason, detail }) => [
      deadLetterId,
      source,
      messageId ?? '',
      shortType(type),
      state,
      firstSeenAt,
      `${reason}: ${detail}`,
    ]),
  );

/** One dead letter in full, with the message as it was received. */
export function drawDeadLetter(stream: Output, letter: DeadLetterView): string {
  const { deadLetterId, source, position, messageId, type, state, reason, detail, errors } = letter;
  const { attempts, arrivals, firstSeenAt, orderId, note, body, bodyBase64 } = letter;
  const pairs = drawPairs(stream, [
    ['dead letter', deadLetterId],
    ['from', `${source} ${position}`],
    ...(messageId === undefined ? [] : [['message', messageId] as const]),
    ...(type === undefined ? [] : [['type', type] as const]),
    ['state', state],
    ['since', firstSeenAt],
    ['attempts', `${attempts}; received ${arrivals} times`],
    ['why', `${reason}: ${detail}`],
    ...errors.map(({ field, message }) => ['', `${field} ${message}`] as const),
    ...(orderId === undefined ? [] : [['order', orderId] as const]),
    ...(note === undefined ? [] : [['note', note] as const]),
  ]);
  return `${pairs}\n\n${body ?? `${paint(stream, 'dim', '(base 64)')} ${bodyBase64 ?? ''}`}`;
}

/** What a replay would lead to, and what to correct. */
export const drawCheck = ({ accepted, type, reason, detail, errors }: DeadLetterCheck): string =>
  accepted
    ? `Accepted: a replay would run ${shortType(type)}.`
    : [
        `Refused: ${reason ?? ''}: ${detail ?? ''}`,
        ...errors.map(({ field, message }) => `  ${field} ${message}`),
      ].join('\n');

export const drawFailures = (
  stream: Output,
  failed: readonly { deadLetterId: string; reason: string; detail: string }[],
): string =>
  drawTable(
    stream,
    ['still open', 'why'].map((title) => ({ title })),
    failed.map(({ deadLetterId, reason, detail }) => [deadLetterId, `${reason}: ${detail}`]),
  );

const shortType = (type = ''): string => type.replace(/^com\.durable-checkout\./, '');
