import type { RecentOrder } from '../../contracts/http/board.ts';
import type { StatsView } from '../../contracts/http/stats.ts';
import type { QueueCount } from '../../domain/situation/queues.ts';
import type { Rate } from '../../domain/situation/rates.ts';
import type { Brake } from '../../domain/situation/sentence.ts';

/** What `checkout top` knows. Times are in milliseconds since 1970. */
export interface Shown {
  readonly stats: StatsView;
  readonly queues: readonly QueueCount[];
  /** When the figures and the queues arrived. */
  readonly at: number;
  /** The checks of `/readyz`. */
  readonly checks: Readonly<Record<string, string>>;
  /** What is paused. Undefined: the key may not read it. */
  readonly brakes?: readonly Brake[] | undefined;
  /** The newest orders, newest first. Undefined: they were not read, or the key may not read orders. */
  readonly orders: readonly RecentOrder[] | undefined;
  /** Orders a second in the last half hour, oldest first. */
  readonly rates: readonly Rate[];
  /** Since when the feed is lost, and why. Undefined: it is live. */
  readonly lost: { readonly at: number; readonly reason: string } | undefined;
}
