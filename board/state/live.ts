import type { StatsView } from '../../src/contracts/http/stats.ts';
import { outcomesOf } from '../../src/domain/situation/outcomes.ts';
import type { QueueCount } from '../../src/domain/situation/queues.ts';
import { withSample } from '../../src/domain/situation/rates.ts';
import { noticeSignedOut, session } from '../api/session.ts';
import { openStream } from '../api/stream.ts';
import type { Sample } from '../lib/history.ts';
import { nextLive, STALE_AFTER_MS, startLive, type LiveInput, type LiveState } from '../lib/live-feed.ts';
import type { QueuesView } from '../lib/queues.ts';
import { createStore } from '../lib/store.ts';

export interface Figures {
  stats: StatsView;
  queues: readonly QueueCount[];
  /** When they arrived, in milliseconds since 1970. */
  at: number;
}

/** The connection of the live feed. */
export const live = createStore<LiveState>(startLive(Date.now()));
/** The newest figures. They stay when the feed is lost. */
export const figures = createStore<Figures | undefined>(undefined);
/** What this page has seen of the last half hour, for the small lines of the tiles. */
export const samples = createStore<readonly Sample[]>([]);

let close: (() => void) | undefined;
/** When anything came last, also a comment. */
let lastByteAt = 0;

function advance(input: LiveInput): void {
  const before = live.get();
  const after = nextLive(before, input, Date.now());
  live.set(after);
  // A connection that is open and silent may be dead on the other side.
  const isSilent = after.connection === 'open' && Date.now() - lastByteAt >= STALE_AFTER_MS;
  if (after.stale && isSilent && input.type === 'tick') {
    close?.();
    advance({ type: 'closed' });
  } else if (after.connection === 'connecting' && before.connection !== 'connecting') connect();
}

function connect(): void {
  close?.();
  lastByteAt = Date.now();
  close = openStream('/v1/stats/stream', {
    onBeat: () => {
      lastByteAt = Date.now();
    },
    onOpen: () => {
      advance({ type: 'opened' });
    },
    onEvent: ({ event, data }) => {
      if (event !== 'stats') return;
      const message = parse(data);
      if (message === undefined) return;
      advance({ type: 'message' });
      take(message);
    },
    onEnd: (status) => {
      advance(status === undefined ? { type: 'closed' } : { type: 'refused', status });
      if (status === 401) noticeSignedOut();
    },
  });
}

interface Message {
  stats: StatsView;
  queues: readonly QueueCount[] | QueuesView;
}

function parse(data: string): Message | undefined {
  try {
    return JSON.parse(data) as Message;
  } catch {
    return undefined;
  }
}

function take({ stats, queues }: Message): void {
  const at = Date.now();
  figures.set({ stats, queues: 'queues' in queues ? queues.queues : queues, at });
  const seconds = Math.max(1, stats.windowSeconds);
  samples.update((before) =>
    withSample(before, {
      at,
      placed: stats.orders.placed / seconds,
      paidShare: outcomesOf(stats)?.paid ?? null,
      p50: stats.responseTime.p50,
      backlog: stats.backlog,
    }),
  );
}

let clock: ReturnType<typeof setInterval> | undefined;

/** Opens the feed, and keeps it open while somebody is signed in. Safe to call twice. */
export function startLiveFeed(): void {
  clock ??= setInterval(() => {
    advance({ type: 'tick' });
  }, 1_000);
  live.set(startLive(Date.now()));
  connect();
}

export function stopLiveFeed(): void {
  if (clock !== undefined) clearInterval(clock);
  clock = undefined;
  close?.();
  close = undefined;
}

session.follow(() => {
  const { state } = session.get();
  if (state === 'in') startLiveFeed();
  else stopLiveFeed();
});
