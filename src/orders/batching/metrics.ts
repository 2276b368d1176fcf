import type { Distribution, BatchingView } from '../../contracts/http/stats.ts';
import { summarise } from '../../domain/statistics.ts';

export interface BatchMetrics {
  /** One workflow was started; `waits` of its orders, milliseconds. */
  note(waits: number[]): void;
  /** The last so many seconds, as far as they are remembered. */
  read(windowSeconds: number): BatchingView;
}

/** Some minutes of a rush; a longer window is then read as far as this reaches. */
const REMEMBERED = 20_000;

/** Of this process, in memory. */
export function createBatchMetrics(): BatchMetrics {
  const log: { at: number; waits: number[] }[] = [];

  return {
    note(waits) {
      if (log.length === REMEMBERED) log.splice(0, REMEMBERED / 10);
      log.push({ at: performance.now(), waits });
    },

    read(windowSeconds) {
      const since = performance.now() - windowSeconds * 1_000;
      const first = log.findIndex(({ at }) => at >= since);
      const noted = first < 0 ? [] : log.slice(first);
      const { average: mean, p95 } = distribution(noted.map(({ waits }) => waits.length));
      return {
        startsPerSecond: noted.length / windowSeconds,
        size: { mean, p95 },
        start: distribution(noted.flatMap(({ waits }) => waits)),
      };
    },
  };
}

function distribution(samples: number[]): Distribution {
  const summary = summarise(samples);
  if (!summary) return { count: 0, average: null, p50: null, p95: null, p99: null };
  const { count, average, p50, p95, p99 } = summary;
  return { count, average, p50, p95, p99 };
}
