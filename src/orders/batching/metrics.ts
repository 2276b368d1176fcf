import type { Distribution, BatchingView } from '../../contracts/http/stats.ts';
import { summarise } from '../../domain/statistics.ts';

export interface BatchMetrics {
  /** Call it when a workflow was started, with the time that each of its orders has waited for that, in milliseconds. */
  record(waitsMs: number[]): void;
  /** The figures of the last so many seconds, as far back as this process remembers. */
  read(windowSeconds: number): BatchingView;
}

/** Enough for some minutes under full load. */
const MAX_BATCHES = 20_000;

/** Keeps the figures in the memory of this process. */
export function createBatchMetrics(): BatchMetrics {
  const batches: { at: number; waitsMs: number[] }[] = [];

  return {
    record(waitsMs) {
      if (batches.length === MAX_BATCHES) batches.splice(0, MAX_BATCHES / 10);
      batches.push({ at: performance.now(), waitsMs });
    },

    read(windowSeconds) {
      const since = performance.now() - windowSeconds * 1_000;
      const first = batches.findIndex(({ at }) => at >= since);
      const recent = first < 0 ? [] : batches.slice(first);
      const { average: mean, p95 } = distribution(recent.map(({ waitsMs }) => waitsMs.length));
      return {
        startsPerSecond: recent.length / windowSeconds,
        size: { mean, p95 },
        start: distribution(recent.flatMap(({ waitsMs }) => waitsMs)),
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
