import type { StatsView } from '../../src/contracts/http/stats.ts';
import { outcomesOf } from '../../src/domain/situation/outcomes.ts';
import type { QueueCount } from '../../src/domain/situation/queues.ts';
import { PAST_WINDOWS_S, ratesOfPast, withSample, type Rate } from '../../src/domain/situation/rates.ts';
import { get } from '../api/client.ts';
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
/** What this page has seen of the last half hour. The server keeps no series. */
export const samples = createStore<readonly Sample[]>([]);
/** Orders a second, for the plot. */
export const rates = createStore<readonly Rate[]>([]);

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

/** How long a window the newest rate is of, in seconds. */
const RATE_WINDOW_S = 10;

/** Reads the present rate, and at first what can be computed of the past half hour. @throws {ApiProblem} */
export async function readRates(signal: AbortSignal): Promise<void> {
  if (rates.get().length === 0) {
    const sums = [];
    // One after another: the past is not worth a burst of queries.
    for (const seconds of PAST_WINDOWS_S) sums.push(await readSum(seconds, signal));
    rates.set(ratesOfPast(Date.now(), sums));
  }
  const { placed, decided } = await readSum(RATE_WINDOW_S, signal);
  rates.update((before) =>
    withSample(before, { at: Date.now(), placed: placed / RATE_WINDOW_S, decided: decided / RATE_WINDOW_S }),
  );
}

async function readSum(seconds: number, signal: AbortSignal) {
  const { orders, throughputPerSecond } = await get<StatsView>(`/v1/stats?window=${seconds}s`, signal);
  return { seconds, placed: orders.placed, decided: throughputPerSecond * seconds };
}

session.follow(() => {
  const { state } = session.get();
  if (state === 'in') startLiveFeed();
  else stopLiveFeed();
});
