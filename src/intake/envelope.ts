import { UNREADABLE_BATCH_TYPE, type InboundMessage } from '../contracts/ports/broker.ts';
import { Problem } from '../contracts/errors.ts';
import { commandTypeOf } from '../contracts/messages.ts';
import { parseJsonDocument } from '../validation/json-document.ts';
import { requireUtf8Headers } from '../validation/body-headers.ts';
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
export const NOT_CARD_NUMBERS: ReadonlySet<string> = new Set([
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
  requireUtf8(message);
  const parse = isProviderEvent(message) ? parseProviderJson : parseJson;
  if (contentType !== undefined && CLOUD_EVENT_TYPE.test(contentType))
    return structuredEnvelope(parse(body, NOT_CARD_NUMBERS), parse);
  if (contentType === UNREADABLE_BATCH_TYPE)
    throw new Problem(
      'unsupported_media_type',
      'The batch of messages at this position cannot be decompressed, or is too large then. Have its producer send them again.',
    );
  if (contentType !== undefined && !JSON_TYPE.test(contentType)) {
    throw new Problem('unsupported_media_type', 'The content type must be application/json.', {
      errors: [
        { field: 'content-type', message: 'must be application/json or application/cloudevents+json' },
      ],
    });
  }
  if ('specversion' in attributes)
    return body.length === 0 ? { ...attributes } : { ...attributes, data: parse(body) };
  const document = tryParseJson(body);
  if (isRecord(document) && 'specversion' in document)
    return structuredEnvelope(parse(body, NOT_CARD_NUMBERS), parse);
  const { id, type } = message;
  return { id, type, data: parse(body) };
}

/**
 * Refuses a message whose headers say that its bytes are not plain UTF-8, by the rules of HTTP. Some clients of AMQP state the charset as
 * the encoding of the content.
 */
function requireUtf8({ contentType, contentEncoding = '', attributes }: InboundMessage): void {
  const { datacontenttype } = attributes;
  requireUtf8Headers({
    'content-type': contentType,
    'content-encoding': /^utf-?8$/i.test(contentEncoding) ? undefined : contentEncoding,
  });
  if (datacontenttype !== undefined) requireUtf8Data(datacontenttype);
}

function requireUtf8Data(datacontenttype: string): void {
  try {
    requireUtf8Headers({ 'content-type': datacontenttype });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const errors = error.errors.map(({ message }) => ({ field: 'datacontenttype', message }));
    throw new Problem(error.code, error.message, { errors });
  }
}

function structuredEnvelope(document: unknown, parse: (body: Buffer) => unknown): Envelope {
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
  if (typeof type === 'string') requireUtf8Data(type);
  return typeof base64 === 'string' ? { ...envelope, data: parse(Buffer.from(base64, 'base64')) } : envelope;
}

/**
 * Whether the message has an event of the payment provider. The provider's texts follow its own rules, as in its webhooks: they may hold
 * line breaks and long numbers. They are read only to find the payment, and not stored.
 */
export function isProviderEvent({ body, attributes, type }: InboundMessage): boolean {
  const stated = attributes['type'] ?? typeInBody(body) ?? type;
  return stated !== undefined && commandTypeOf(stated) === 'com.durable-checkout.payment.event.v1';
}

function typeInBody(body: Buffer): string | undefined {
  if (!body.includes('payment.event')) return undefined;
  const document = tryParseJson(body);
  if (!isRecord(document) || !('specversion' in document)) return undefined;
  return typeof document['type'] === 'string' ? document['type'] : undefined;
}

function parseProviderJson(body: Buffer): unknown {
  try {
    return JSON.parse(utf8Text(body));
  } catch (error) {
    if (error instanceof Problem) throw error;
    // The message of the parser's error repeats the body.
    throw new Problem('invalid_json', 'The body is not valid JSON.', {
      errors: [{ field: 'body', message: 'is not valid JSON' }],
    });
  }
}

function parseJson(body: Buffer, notCardNumbers?: ReadonlySet<string>): unknown {
  return parseJsonDocument(utf8Text(body), notCardNumbers);
}

/** Ignores a byte order mark, as {@link utf8Text} does. */
const looseUtf8 = new TextDecoder('utf-8');

/** Parses a body without the checks of {@link readEnvelope}; returns `undefined` if it is not JSON. */
export function tryParseJson(body: Buffer): unknown {
  try {
    return JSON.parse(looseUtf8.decode(body));
  } catch {
    return undefined;
  }
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
