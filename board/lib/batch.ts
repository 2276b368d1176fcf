import type { BatchItem, BatchRequest, BatchView } from '../../src/contracts/http/batches.ts';
import type { OrderFilter } from './router.ts';

/** The scope of each action: the server asks for it in addition to `batches:write`. */
export const ACTION_SCOPES: Readonly<Record<BatchView['action'], string>> = {
  retry: 'orders:repair',
  skip: 'orders:repair',
  resolve: 'orders:repair',
  approve: 'orders:review',
  reject: 'orders:review',
  cancel: 'orders:write',
  refund: 'payments:write',
  capture: 'payments:write',
};

/** Red: something ends, or money leaves. */
export const isDangerous = (action: BatchView['action']): boolean =>
  ['reject', 'cancel', 'refund', 'skip'].includes(action);

export type BatchOrders = Omit<BatchRequest, 'action'>;

/** Everything that a filter of the list of orders says. */
export const ordersOfFilter = ({ status, ...others }: OrderFilter): BatchOrders => ({
  query: {
    ...others,
    ...(status !== undefined && { status: status as NonNullable<BatchItem['status']> }),
  },
});

export const isOpen = ({ state }: Pick<BatchView, 'state'>): boolean =>
  state === 'running' || state === 'stopping';

/** How many of the orders that had to have a turn have a result. What was left out is not counted. */
export function progressOf({ counts }: Pick<BatchView, 'counts'>): { settled: number; total: number } {
  const settled = counts.done + counts.failed;
  return { settled, total: settled + counts.running + counts.pending };
}

/** The steps of a batch, and which one it is at. */
export const STEPS = ['query', 'count', 'dryRun', 'confirm', 'progress', 'result'] as const;
export const stepOf = (batch: BatchView): (typeof STEPS)[number] =>
  batch.state === 'planned' ? 'dryRun' : isOpen(batch) ? 'progress' : 'result';

/** How many orders a second get their result. */
export function paceOf({ counts, startedAt, endedAt }: BatchView, now: number): number | undefined {
  if (startedAt === undefined) return undefined;
  const seconds = ((endedAt === undefined ? now : Date.parse(endedAt)) - Date.parse(startedAt)) / 1_000;
  const settled = counts.done + counts.failed;
  return seconds < 1 || settled === 0 ? undefined : settled / seconds;
}
