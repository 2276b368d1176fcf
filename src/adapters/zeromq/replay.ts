/** What a follower of the feed asks for that has missed some of it. */
export interface ReplayRequest {
  /** The cursor of the last event that it has; empty: from the beginning. */
  after: string;
  limit: number;
}

/** `events`: CloudEvents. `cursor`: of the last of them, or what was asked for. */
export type ReplayResult = { events: object[]; cursor: string; more: boolean } | { error: string };

export type ReplayEvents = (request: ReplayRequest) => Promise<ReplayResult>;

const MOST = 1_000;
const LARGEST_REQUEST = 1_024;

/** `{"replay": {"after": "…", "limit": 500}}`; `undefined`: the message is a command. */
export function replayRequestOf(body: Buffer): ReplayRequest | undefined {
  if (body.length > LARGEST_REQUEST || !body.includes('"replay"')) return undefined;
  try {
    const { replay, ...others } = JSON.parse(body.toString()) as Record<string, unknown>;
    if (typeof replay !== 'object' || replay === null || Object.keys(others).length > 0) return undefined;
    const { after = '', limit = MOST } = replay as Record<string, unknown>;
    if (typeof after !== 'string' || typeof limit !== 'number') return undefined;
    return { after, limit: Math.min(Math.max(Math.floor(limit), 1), MOST) };
  } catch {
    // Whoever reads commands says what is wrong with it.
    return undefined;
  }
}
