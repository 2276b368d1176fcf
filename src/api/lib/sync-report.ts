import { Readable } from 'node:stream';
import type { StockSyncResult, SyncCounts } from '../../contracts/http/stock-sync.ts';

export type ReportFormat = 'json' | 'ndjson';

/**
 * The results as they come: one JSON object a line, or one JSON document.
 *
 * A result is written whether or not the client has read those before it: many clients read the answer only when they have sent
 * everything, and would not go on sending if nobody read what they send. The most rows of a request bound the memory.
 *
 * @param first the first result, or that there is none
 */
export function syncReport(
  first: IteratorResult<StockSyncResult, void>,
  rest: AsyncGenerator<StockSyncResult, void>,
  format: ReportFormat,
): Readable {
  const report = new Readable({ read: () => undefined });
  const counts: SyncCounts = { applied: 0, stale: 0, conflict: 0, error: 0 };

  async function write(): Promise<void> {
    if (format === 'json') report.push('{"data":[');
    for (let next = first, position = 0; next.done !== true; next = await rest.next(), position += 1) {
      counts[next.value.status] += 1;
      const text = JSON.stringify(next.value);
      report.push(format === 'ndjson' ? `${text}\n` : `${position === 0 ? '' : ','}\n${text}`);
    }
    if (format === 'json') report.push(`],"counts":${JSON.stringify(counts)}}\n`);
    report.push(null);
  }

  write().catch((error: unknown) =>
    report.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  return report;
}
