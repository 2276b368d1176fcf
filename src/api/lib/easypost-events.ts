import { createHmac, timingSafeEqual } from 'node:crypto';
import { Problem } from '../../contracts/errors.ts';
import { invalidRequest } from '../../validation/schema-check.ts';

/** What is read of an event of EasyPost. It is a hint only: what it says of a parcel is retrieved from EasyPost. */
export interface EasyPostEvent {
  /** The same each time the event is sent. */
  readonly id: string;
  /** For example `tracker.updated`. */
  readonly description: string;
  /** The tracker that the event is about; absent if it is about something else. */
  readonly trackerId?: string;
}

/**
 * Verifies the signature of a webhook as EasyPost's own clients do, over the exact bytes of the body. The client for Node is not used:
 * it changes the body before it verifies it. The signature has no time, so a copy of an old event is accepted, which changes nothing.
 *
 * @see https://docs.easypost.com/guides/webhooks-guide
 * @throws {Problem} `invalid_signature`; `invalid_request` if the body is signed and is no event
 */
export function verifiedEasyPostEvent(
  body: Buffer,
  signature: string | undefined,
  secret: string,
): EasyPostEvent {
  const digest = createHmac('sha256', secret.normalize('NFKD')).update(body).digest('hex');
  if (!equalInConstantTime(signature ?? '', `hmac-sha256-hex=${digest}`))
    throw new Problem('invalid_signature', 'The body does not match its X-Hmac-Signature.', {
      errors: [{ field: 'X-Hmac-Signature', message: 'is not valid' }],
    });
  const event = eventIn(body);
  if (event === undefined)
    throw new Problem(
      'invalid_request',
      'The body is not an event of EasyPost: it needs an id and a description.',
    );
  if (event.trackerId !== undefined && !TRACKER_ID.test(event.trackerId))
    throw invalidRequest([{ field: 'result.id', message: 'must be 1 to 255 printable ASCII characters' }]);
  return event;
}

/** Wide enough for every id that EasyPost makes, such as `trk_…`. No other text can be looked up in PostgreSQL. */
const TRACKER_ID = /^[\x21-\x7e]{1,255}$/;

function equalInConstantTime(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function eventIn(body: Buffer): EasyPostEvent | undefined {
  const event = membersOf(parsed(body));
  const result = membersOf(event.get('result'));
  const [id, description, trackerId] = [event.get('id'), event.get('description'), result.get('id')];
  if (typeof id !== 'string' || typeof description !== 'string') return undefined;
  const isTracker = result.get('object') === 'Tracker' && typeof trackerId === 'string';
  return { id, description, ...(isTracker && { trackerId }) };
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

const membersOf = (value: unknown): ReadonlyMap<string, unknown> =>
  new Map(typeof value === 'object' && value !== null ? Object.entries(value) : []);
