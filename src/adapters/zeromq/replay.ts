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

/** Reads `{"replay": {"after": "…", "limit": 500}}`. Returns `undefined` if the message is a command. */
export function replayRequestOf(body: Buffer): ReplayRequest | undefined {
  if (body.length > MAX_REQUEST_BYTES || !body.includes('"replay"')) return undefined;
  try {
    const { replay, ...others } = JSON.parse(body.toString()) as Record<string, unknown>;
    if (typeof replay !== 'object' || replay === null || Object.keys(others).length > 0) return undefined;
    const { after = '', limit = MAX_EVENTS } = replay as Record<string, unknown>;
    if (typeof after !== 'string' || typeof limit !== 'number') return undefined;
    return { after, limit: Math.min(Math.max(Math.floor(limit), 1), MAX_EVENTS) };
  } catch {
    // The message is not JSON. The reader of commands reports what is wrong with it.
    return undefined;
  }
}
