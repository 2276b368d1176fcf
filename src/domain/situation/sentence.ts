import type { StatsView } from '../../contracts/http/stats.ts';
import { BEHIND_MS, TRANSACTION_LONG_MS } from './limits.ts';
import { sumOfNeeds, type QueueCount } from './queues.ts';

/** Half of the orders take longer than this: slow. Milliseconds. */
const SLOW_P50_MS = 2_000;
/** One order in twenty takes longer than this: slow. Milliseconds. */
const SLOW_P95_MS = 10_000;
/** The event feed is late when a committed event has no position after this. Milliseconds. */
const FEED_LATE_MS = 5_000;

export interface Situation {
  stats: StatsView;
  queues: readonly QueueCount[];
  /** The checks of `/readyz` by name, `ok` or what is wrong. Undefined: it has not answered yet. */
  checks?: Readonly<Record<string, string>>;
  /** The brakes that are on. Undefined: they are not known. */
  brakes?: readonly Brake[] | undefined;
  /** Milliseconds since 1970. */
  now: number;
}

/** A brake that is on, as far as the sentence says it. */
export interface Brake {
  readonly kind: 'intake' | 'provider' | 'sku';
  readonly target: string;
}

/** One statement of the sentence. The board and `checkout top` put it into words. */
export type Clause =
  | { kind: 'down'; names: string[] }
  | { kind: 'stuck'; count: number }
  | { kind: 'paused'; what: 'intake' | 'provider' | 'some-intake' }
  | { kind: 'slow'; p50: number }
  | { kind: 'normal' }
  | { kind: 'quiet' }
  | { kind: 'needs'; count: number; atLeast: boolean; oldestMs: number | undefined }
  | { kind: 'nothing-needs' };

/**
 * What an operator could say aloud: how the shop sells, the worst first, and then what needs somebody. At most two clauses.
 * Something is down, then orders stand still, then an operator has paused them, then it is slow, then it is normal.
 */
export function sentenceOf({ stats, queues, checks = {}, brakes = [], now }: Situation): Clause[] {
  return [sellingOf(stats, checks, brakes), needsOf(queues, now)];
}

function sellingOf(
  stats: StatsView,
  checks: Readonly<Record<string, string>>,
  brakes: readonly Brake[],
): Clause {
  const down = Object.entries(checks)
    .filter(([name, outcome]) => name !== 'feed' && outcome !== 'ok')
    .map(([name]) => name);
  if (down.length > 0) return { kind: 'down', names: down };
  const stuck = (stats.workflowTasks?.stuck ?? 0) + stats.carriers.lost;
  if (stuck > 0) return { kind: 'stuck', count: stuck };
  const paused = pausedOf(brakes);
  if (paused !== undefined) return paused;
  const { p50, p95 } = stats.responseTime;
  if (p50 !== null && (p50 > SLOW_P50_MS || (p95 ?? 0) > SLOW_P95_MS)) return { kind: 'slow', p50 };
  return stats.orders.placed === 0 && stats.backlog === 0 ? { kind: 'quiet' } : { kind: 'normal' };
}

/** A pause explains why there are no orders, or why they wait. That of an item does not: the others sell. */
function pausedOf(brakes: readonly Brake[]): Clause | undefined {
  const intake = brakes.filter(({ kind }) => kind === 'intake');
  if (intake.some(({ target }) => target === 'all')) return { kind: 'paused', what: 'intake' };
  if (brakes.some(({ kind }) => kind === 'provider')) return { kind: 'paused', what: 'provider' };
  return intake.length > 0 ? { kind: 'paused', what: 'some-intake' } : undefined;
}

function needsOf(queues: readonly QueueCount[], now: number): Clause {
  const { count, atLeast, oldestAt } = sumOfNeeds(queues);
  if (count === 0) return { kind: 'nothing-needs' };
  const oldestMs = oldestAt === undefined ? undefined : now - Date.parse(oldestAt);
  return { kind: 'needs', count, atLeast, oldestMs };
}

/** The second line: who gets events late. */
export type Remark =
  | { kind: 'behind'; destination: string; lagMs: number; others: number }
  | { kind: 'ahead'; destination: string }
  | { kind: 'feed-late'; ms: number }
  | { kind: 'long-transaction'; ms: number }
  | { kind: 'webhooks'; failing: number; disabled: number }
  | { kind: 'nothing-behind' };

export function remarkOf({ relay, feed, webhooks }: StatsView): Remark {
  const ahead = relay.find((destination) => destination.ahead === true);
  if (ahead) return { kind: 'ahead', destination: ahead.destination };
  if (feed.unnumberedMs > FEED_LATE_MS) return { kind: 'feed-late', ms: feed.unnumberedMs };
  const behind = relay.filter(({ lagMs }) => lagMs > BEHIND_MS).sort((a, b) => b.lagMs - a.lagMs);
  const [worst] = behind;
  if (worst)
    return {
      kind: 'behind',
      destination: worst.destination,
      lagMs: worst.lagMs,
      others: behind.length - 1,
    };
  if (feed.transactionMs > TRANSACTION_LONG_MS) return { kind: 'long-transaction', ms: feed.transactionMs };
  if (webhooks.failing + webhooks.disabled > 0)
    return { kind: 'webhooks', failing: webhooks.failing, disabled: webhooks.disabled };
  return { kind: 'nothing-behind' };
}
