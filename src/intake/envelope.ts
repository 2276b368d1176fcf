import type { InboundMessage } from '../contracts/ports/broker.ts';
import { Problem } from '../contracts/errors.ts';
import { parseJsonDocument } from '../validation/json-document.ts';
import { utf8Text } from '../validation/utf8.ts';

/** The attributes and the data of a message, whichever form it has. Only that they are JSON has been checked. */
export interface Envelope {
  id?: unknown;
  type?: unknown;
  subject?: unknown;
  specversion?: unknown;
  source?: unknown;
  notbefore?: unknown;
  data?: unknown;
}

/** Attributes of CloudEvents and of this service whose values may look like a card number and are none. */
const NOT_CARD_NUMBERS = new Set([
  'id',
  'type',
  'source',
  'subject',
  'time',
  'dataschema',
  'partitionkey',
  'sequence',
]);

const CLOUD_EVENT_TYPE = /^application\/cloudevents\+json *(;|$)/i;
const JSON_TYPE = /^(application|text)\/([a-z0-9.+-]+\+)?json *(;|$)/i;

/**
 * Reads a CloudEvent in structured or binary mode, or a plain JSON body whose id and type are in the broker's own properties.
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md
 *
 * @throws {Problem} `invalid_json`, `card_number_refused`, `unsupported_media_type`, `invalid_request`
 */
export function readEnvelope(message: InboundMessage): Envelope {
  const { body, attributes, contentType } = message;
  if (contentType !== undefined && CLOUD_EVENT_TYPE.test(contentType))
    return structuredEnvelope(parseJson(body, NOT_CARD_NUMBERS));
  if (contentType !== undefined && !JSON_TYPE.test(contentType)) {
    throw new Problem('unsupported_media_type', 'The content type must be application/json.', {
      errors: [
        { field: 'content-type', message: 'must be application/json or application/cloudevents+json' },
      ],
    });
  }
  if ('specversion' in attributes) return { ...attributes, data: parseJson(body) };
  const document = tryParseJson(body);
  if (isRecord(document) && 'specversion' in document)
    return structuredEnvelope(parseJson(body, NOT_CARD_NUMBERS));
  const { id, type } = message;
  return { id, type, data: parseJson(body) };
}

function structuredEnvelope(document: unknown): Envelope {
  if (!isRecord(document)) {
    throw new Problem('invalid_request', 'The body is not a JSON object, which a CloudEvent must be.', {
      errors: [{ field: 'body', message: 'must be an object' }],
    });
  }
  const { data_base64: base64, datacontenttype: type, ...envelope } = document;
  if (typeof type === 'string' && !JSON_TYPE.test(type)) {
    throw new Problem('unsupported_media_type', 'The data of the CloudEvent must be JSON.', {
      errors: [{ field: 'datacontenttype', message: 'must be application/json' }],
    });
  }
  return typeof base64 === 'string'
    ? { ...envelope, data: parseJson(Buffer.from(base64, 'base64')) }
    : envelope;
}

function parseJson(body: Buffer, notCardNumbers?: ReadonlySet<string>): unknown {
  return parseJsonDocument(utf8Text(body), notCardNumbers);
}

/** Parses a body without the checks of {@link readEnvelope}; returns `undefined` if it is not JSON. */
export function tryParseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
