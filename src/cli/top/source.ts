import type { RecentOrder } from '../../contracts/http/board.ts';
import type { StatsView } from '../../contracts/http/stats.ts';
import type { QueueCount } from '../../domain/situation/queues.ts';
import { ratesOf, type Rate } from '../../domain/situation/rates.ts';
import type { Brake } from '../../domain/situation/sentence.ts';
import type { ApiClient } from '../../../harness/api/api-client.ts';
import { ApiError, messageOf } from '../../../harness/api/errors.ts';
import { isOver, pause } from '../../../harness/pause.ts';
import { followStream } from './follow-stream.ts';
import type { Shown } from './shown.ts';

/** How often `/readyz` and the orders a second are read. Milliseconds. */
const POLL_INTERVAL_MS = 5_000;
/** The half hour whose orders a second are drawn. */
const RATES = { window: '30m', step: '30s' };
const KEPT_ORDERS = 50;

/**
 * Reads what the page *Now* of the board reads, from the same streams, until the signal. `onChange` is called with each change, once the
 * figures, the orders and the checks have been read for the first time.
 *
 * @throws when the first connection fails, or the key may not read the figures
 */
export async function readSituation(
  api: ApiClient,
  signal: AbortSignal,
  onChange: (shown: Shown) => void,
): Promise<void> {
  let figures: { stats: StatsView; queues: readonly QueueCount[]; at: number } | undefined;
  let orders: readonly RecentOrder[] | undefined;
  let haveOrders = false;
  let checks: Record<string, string> | undefined;
  let rates: readonly Rate[] = [];
  let brakes: readonly Brake[] | undefined;
  let lost: Shown['lost'];
  const changed = () => {
    if (figures !== undefined && haveOrders && checks !== undefined)
      onChange({ ...figures, brakes, orders, checks, rates, lost });
  };

  const followFigures = () =>
    followStream((each) => api.streamStats(each), {
      signal: ending.signal,
      onMessage: ({ event, data }) => {
        if (event !== 'stats') return;
        const { stats, queues } = JSON.parse(data) as Figures;
        figures = { stats, queues: 'queues' in queues ? queues.queues : queues, at: Date.now() };
        lost = undefined;
        changed();
      },
      onLost: (error) => {
        lost ??= { at: Date.now(), reason: messageOf(error) };
        changed();
      },
    });

  async function followOrders(): Promise<void> {
    try {
      await followStream((each) => api.streamRecentOrders(each), {
        signal: ending.signal,
        onMessage: ({ event, data }) => {
          if (event !== 'orders') return;
          orders = merged(orders ?? [], (JSON.parse(data) as { data: RecentOrder[] }).data);
          haveOrders = true;
          changed();
        },
        onLost: () => undefined, // the other stream tells
      });
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 403) throw error;
      haveOrders = true; // the page does without
      changed();
    }
  }

  async function poll(): Promise<void> {
    while (!isOver(ending.signal)) {
      try {
        checks = await api.readiness(ending.signal);
        brakes = await brakesOn(api);
        rates = ratesOf(await api.statsSeries(RATES.window, RATES.step, ending.signal));
      } catch {
        // The streams tell when the server cannot be reached, and why.
      }
      changed();
      await pause(POLL_INTERVAL_MS, ending.signal);
    }
  }

  const ending = new AbortController();
  const end = () => {
    ending.abort();
  };
  signal.addEventListener('abort', end, { once: true });
  if (isOver(signal)) end();
  const work = [followFigures(), followOrders(), poll()];
  try {
    await Promise.all(work);
  } finally {
    end();
    signal.removeEventListener('abort', end);
    await Promise.allSettled(work);
  }
}

interface Figures {
  stats: StatsView;
  queues: readonly QueueCount[] | { queues: readonly QueueCount[] };
}

/** What is paused. Undefined: the key may not read it, or the server is of a release that has no brakes. */
async function brakesOn(api: ApiClient): Promise<readonly Brake[] | undefined> {
  try {
    return (await api.listBrakes({ state: 'on', limit: 100, cursor: undefined })).data;
  } catch (error) {
    if (error instanceof ApiError && (error.status === 403 || error.status === 404)) return undefined;
    throw error;
  }
}

/** The newest first. What has changed stays where it is. */
function merged(before: readonly RecentOrder[], changed: readonly RecentOrder[]): RecentOrder[] {
  const fresh = new Map(changed.map((order) => [order.orderId, order]));
  const known = new Set(before.map(({ orderId }) => orderId));
  return [
    ...changed.filter(({ orderId }) => !known.has(orderId)),
    ...before.map((order) => fresh.get(order.orderId) ?? order),
  ].slice(0, KEPT_ORDERS);
}
