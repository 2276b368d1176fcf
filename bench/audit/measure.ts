import { setTimeout as delay } from 'node:timers/promises';
import type { ApiClient } from '../../harness/api/api-client.ts';
import type { AuditView } from '../../src/contracts/http/audit.ts';
import { memoryOf } from '../lib/memory.ts';
import type { Log } from '../lib/progress.ts';

export interface AuditMeasurement {
  readonly name: string;
  readonly ms: number;
  readonly checked: AuditView['checked'];
  /** How many differences each rule has found. */
  readonly found: Readonly<Record<string, number>>;
  /** Bytes; undefined on systems other than Linux. */
  readonly memory:
    Readonly<Record<keyof Roots, { readonly before: number; readonly peak: number }>> | undefined;
}

interface Roots {
  readonly application: readonly number[];
  readonly postgres: readonly number[];
}

interface Measuring {
  readonly name: string;
  readonly since: string | undefined;
  readonly roots: Roots;
  readonly signal: AbortSignal;
  readonly log: Log;
}

const SAMPLE_INTERVAL_MS = 500;
const LOG_INTERVAL_MS = 10_000;

export async function measureAudit(
  api: ApiClient,
  { name, since, roots, signal, log }: Measuring,
): Promise<AuditMeasurement> {
  const sample = (): Record<keyof Roots, number | undefined> => ({
    application: memoryOf(roots.application),
    postgres: memoryOf(roots.postgres),
  });
  const before = sample();
  const peak = { ...before };
  const started = performance.now();
  let loggedAt = started;
  let audit = await api.startAudit(since);
  while (audit.state === 'running') {
    await delay(SAMPLE_INTERVAL_MS, undefined, { signal });
    for (const [process, bytes = 0] of Object.entries(sample()) as [keyof Roots, number | undefined][])
      peak[process] = Math.max(peak[process] ?? 0, bytes);
    if (performance.now() - loggedAt > LOG_INTERVAL_MS) {
      loggedAt = performance.now();
      const { orders = 0, providerPayments = 0, events = 0 } = audit.checked;
      log(`${name}: ${orders} orders, ${providerPayments} payments at the provider, ${events} events`);
    }
    audit = await api.getAudit(audit.auditId);
  }
  if (audit.state !== 'done') throw new Error(`audit ${audit.auditId} has failed`);
  const ms = performance.now() - started;
  log(`${name}: ${(ms / 60_000).toFixed(1)} minutes, ${audit.differenceCount ?? 0} differences`);
  const both = (process: keyof Roots) => ({ before: before[process] ?? 0, peak: peak[process] ?? 0 });
  return {
    ...{ name, ms, checked: audit.checked, found: countRules(audit) },
    memory:
      before.application === undefined
        ? undefined
        : { application: both('application'), postgres: both('postgres') },
  };
}

function countRules({ differences = [] }: AuditView): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { rule } of differences) found[rule] = (found[rule] ?? 0) + 1;
  return found;
}
