import type { Pool } from '../adapters/postgres/pool.ts';
import type { Families } from './families.ts';

/** Returns what has to be called before the metrics are read. */
export function observePool(
  { poolConnections, poolMax, poolWaiting }: Pick<Families, 'poolConnections' | 'poolMax' | 'poolWaiting'>,
  name: string,
  pool: Pick<Pool, 'totalCount' | 'idleCount' | 'waitingCount' | 'options'>,
): () => void {
  poolMax.set({ pool: name }, pool.options.max);
  return () => {
    poolConnections.set({ pool: name, state: 'idle' }, pool.idleCount);
    poolConnections.set({ pool: name, state: 'used' }, pool.totalCount - pool.idleCount);
    poolWaiting.set({ pool: name }, pool.waitingCount);
  };
}
