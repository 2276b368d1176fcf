import type { InboundMessage } from '../contracts/ports/broker.ts';
import { Problem } from '../contracts/errors.ts';
import { parseJsonDocument } from '../validation/json-document.ts';

/** What a message says of itself, in whatever form it came. Nothing of it is checked but that it is JSON. */
export interface Envelope {
  id?: unknown;
  type?: unknown;
  subject?: unknown;
  specversion?: unknown;
  source?: unknown;
  notbefore?: unknown;
  data?: unknown;
}

/** Attributes of CloudEvents, and ours, that may look like a card number and are none. */
const ATTRIBUTES = new Set([
  'id',
  'type',
  'source',
  'subject',
  'time',
  'dataschema',
  'partitionkey',
  'sequence',
]);

const STRUCTURED = /^application\/cloudevents\+json *(;|$)/i;
const JSON_TYPE = /^(application|text)\/([a-z0-9.+-]+\+)?json *(;|$)/i;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads a CloudEvent in structured or binary mode, or a plain JSON body that the broker names.
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md
 *
 * @throws {Problem} `invalid_json`, `card_number_refused`, `unsupported_media_type`, `invalid_request`
 */
export function readEnvelope(message: InboundMessage): Envelope {
  const { body, attributes, contentType } = message;
  if (contentType !== undefined && STRUCTURED.test(contentType)) return structured(parsed(body, ATTRIBUTES));
  if (contentType !== undefined && !JSON_TYPE.test(contentType)) {
    throw new Problem('unsupported_media_type', 'The content type must be application/json.', {
      errors: [
        { field: 'content-type', message: 'must be application/json or application/cloudevents+json' },
      ],
    });
  }
  if ('specversion' in attributes) return { ...attributes, data: parsed(body) };
  const guess = bestGuess(body);
  if (isRecord(guess) && 'specversion' in guess) return structured(parsed(body, ATTRIBUTES));
  const { id, type } = message;
  return { id, type, data: parsed(body) };
}

function structured(document: unknown): Envelope {
  if (!isRecord(document)) {
    throw new Problem('invalid_request', 'A CloudEvent is a JSON object.', {
      errors: [{ field: 'body', message: 'must be an object' }],
    });
  }
  const { data_base64: base64, datacontenttype: type, ...envelope } = document;
  if (typeof type === 'string' && !JSON_TYPE.test(type)) {
    throw new Problem('unsupported_media_type', 'The data must be JSON.', {
      errors: [{ field: 'datacontenttype', message: 'must be application/json' }],
    });
  }
  return typeof base64 === 'string' ? { ...envelope, data: parsed(Buffer.from(base64, 'base64')) } : envelope;
}

function parsed(body: Buffer, envelope?: ReadonlySet<string>): unknown {
  return parseJsonDocument(textOf(body), envelope);
}

function textOf(body: Buffer): string {
  try {
    return utf8.decode(body);
  } catch {
    throw new Problem('invalid_json', 'The body is not UTF-8.', {
      errors: [{ field: 'body', message: 'is not UTF-8' }],
    });
  }
}

/** For a look at what cannot be read properly; `undefined` where even that fails. */
export function bestGuess(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
