/** The request of a subscriber that has missed events. */
export interface ReplayRequest {
  /** The cursor of the last event that the subscriber has. Empty: from the beginning. */
  after: string;
  limit: number;
}

/** `events` are CloudEvents. `cursor` is that of the last event, or the request's own if there is no event. */
export type ReplayResult = { events: object[]; cursor: string; more: boolean } | { error: string };

export type ReplayEvents = (request: ReplayRequest) => Promise<ReplayResult>;

const MAX_EVENTS = 1_000;
const MAX_REQUEST_BYTES = 1_024;
/**
 * How a request begins that is not valid JSON or too long to be read: with the member `replay`, perhaps cut off after its name or in other
 * quotation marks, or with other members without brackets before it.
 */
const REQUEST = /^\s*\{(\s*['"]?replay['"]?\s*(:|$)|[^{}[\]]*,\s*['"]?replay['"]?\s*:)/;

/**
 * Reads `{"replay": {"after": "…", "limit": 500}}`. Returns `undefined` if the message is a command, and what is wrong with a request that
 * is not valid.
 */
export function replayRequestOf(body: Buffer): ReplayRequest | { error: string } | undefined {
  const text = body.toString('utf8', 0, MAX_REQUEST_BYTES);
  const isTooLong = body.length > MAX_REQUEST_BYTES;
  const request = isTooLong ? undefined : parsed(text);
  if (request === undefined) {
    // A command that is not valid must not be lost: it becomes a dead letter.
    if (!REQUEST.test(text) || body.includes('specversion')) return undefined;
    return {
      error: isTooLong
        ? `replay: must have at most ${MAX_REQUEST_BYTES} bytes`
        : 'replay: must be valid JSON',
    };
  }
  // A command is a CloudEvent, which may have a member of any name.
  if (!('replay' in request) || 'specversion' in request) return undefined;
  if (Object.keys(request).length > 1) return { error: 'replay: must be the only member' };
  const { replay } = request;
  if (!isRecord(replay)) return { error: 'replay: must be an object' };
  const { after = '', limit = MAX_EVENTS } = replay;
  if (typeof after !== 'string') return { error: 'replay.after: must be a cursor' };
  if (typeof limit !== 'number') return { error: 'replay.limit: must be a number' };
  return { after, limit: Math.min(Math.max(Math.floor(limit), 1), MAX_EVENTS) };
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
