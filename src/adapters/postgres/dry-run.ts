import type {
  CancellationCommand,
  CancellationResult,
  RefundCommand,
  RefundResult,
} from '../../contracts/temporal/operations.ts';
import { callFunction, type Pool } from './pool.ts';
import type { ReturnStore } from './return-store.ts';
import type { ShipmentStore } from './shipment-store.ts';
import type { ItemToPut, PutResult } from './stock-catalogue.ts';
import type { StockCounts } from './stock-counts.ts';

/**
 * What changes would lead to, by the SQL functions that do them: each is run, and undone within the same statement. Nothing is left of
 * them, so that any number of dry runs is safe.
 */
export interface DryRun {
  putItem(item: ItemToPut): Promise<PutResult>;
  readonly applyCounts: StockCounts['apply'];
  readonly reportShipments: ShipmentStore['report'];
  readonly receiveReturn: ReturnStore['receive'];
  beginRefund(command: RefundCommand): Promise<RefundResult>;
  beginCancellation(command: CancellationCommand): Promise<CancellationResult>;
}

export function createDryRun(pool: Pool): DryRun {
  const call = <T>(name: string, argument: unknown): Promise<T> =>
    callFunction<T>(pool, 'dry_run', { function: name, argument });

  /** Calls a function that takes a list, with a list of one. */
  async function callForOne<T>(name: string, item: unknown): Promise<T> {
    const [result] = (await call<T[] | null>(name, [item])) ?? [];
    if (result === undefined) throw new Error(`SQL function ${name} has no result in its dry run`);
    return result;
  }

  return {
    putItem: (item) => callForOne('put_stock', item),
    applyCounts: (rows) => call('apply_stock_counts', rows),
    reportShipments: (reports) => call('report_shipments', reports),
    receiveReturn: (receipt) => callForOne('receive_returns', receipt),
    beginRefund: (command) => callForOne('begin_refunds', command),
    beginCancellation: (command) => callForOne('begin_cancellations', command),
  };
}
