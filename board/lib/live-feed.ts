/** Without a message for this time, what is shown is old. The server sends every second. Milliseconds. */
export const STALE_AFTER_MS = 10_000;
const FIRST_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 30_000;

/**
 * The connection of a live feed. `connecting`: not yet, or again; `open`: messages may come; `waiting`: for the next attempt;
 * `signed-out` and `denied`: the server refuses, and nothing is tried before the operator has signed in.
 */
export type Connection = 'connecting' | 'open' | 'waiting' | 'signed-out' | 'denied';

export interface LiveState {
  connection: Connection;
  /** When the last message arrived, in milliseconds since 1970. Undefined: none so far. */
  lastMessageAt: number | undefined;
  /** When the feed was first asked for. */
  startedAt: number;
  /** Attempts that have failed since the last message. */
  failures: number;
  /** When to connect again, while `waiting`. */
  retryAt: number | undefined;
  /** No message for ten seconds. */
  stale: boolean;
}

export type LiveInput =
  | { type: 'opened' }
  | { type: 'message' }
  | { type: 'closed' }
  | { type: 'refused'; status: number }
  | { type: 'tick' }
  | { type: 'signed-in' };

export const startLive = (now: number): LiveState => ({
  connection: 'connecting',
  lastMessageAt: undefined,
  startedAt: now,
  failures: 0,
  retryAt: undefined,
  stale: false,
});

/**
 * What the feed is after `input`. A lost connection is tried again after 1 s, 2 s, 4 s … 30 s; a message starts that anew. A
 * connection that is open and silent is closed by the caller when it is stale, since the other side may be gone without a word.
 */
export function nextLive(state: LiveState, input: LiveInput, now: number): LiveState {
  switch (input.type) {
    case 'opened':
      return { ...state, connection: 'open', retryAt: undefined };
    case 'message':
      return {
        ...state,
        connection: 'open',
        lastMessageAt: now,
        failures: 0,
        retryAt: undefined,
        stale: false,
      };
    case 'closed':
      if (isRefused(state)) return state;
      return {
        ...state,
        connection: 'waiting',
        failures: state.failures + 1,
        retryAt: now + pauseAfter(state.failures),
      };
    case 'refused':
      return input.status === 401 || input.status === 403
        ? { ...state, connection: input.status === 401 ? 'signed-out' : 'denied', retryAt: undefined }
        : nextLive(state, { type: 'closed' }, now);
    case 'signed-in':
      return isRefused(state) ? { ...startLive(now), lastMessageAt: state.lastMessageAt } : state;
    case 'tick': {
      const stale = now - (state.lastMessageAt ?? state.startedAt) >= STALE_AFTER_MS;
      if (state.connection === 'waiting' && state.retryAt !== undefined && now >= state.retryAt)
        return { ...state, stale, connection: 'connecting', retryAt: undefined };
      return stale === state.stale ? state : { ...state, stale };
    }
  }
}

const isRefused = ({ connection }: LiveState): boolean =>
  connection === 'signed-out' || connection === 'denied';

/** The pause before the next attempt, after so many that have failed in a row. Milliseconds. */
export const pauseAfter = (failures: number): number =>
  Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures, 5));
