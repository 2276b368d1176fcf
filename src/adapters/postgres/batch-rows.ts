import type {
  BatchAction,
  BatchOutcome,
  BatchRequester,
  BatchState,
  StopCause,
} from '../../contracts/batches.ts';
import type { BatchItem } from '../../contracts/http/batches.ts';
import type { OrderStatus } from '../../contracts/order-status.ts';

/** A batch with the sums of its orders. */
export interface StoredBatch {
  batchId: string;
  clientId: string;
  keyId: string;
  sessionId: string | null;
  requestHash: string;
  action: BatchAction;
  step: string | null;
  code: string | null;
  source: BatchSource;
  state: BatchState;
  stopCause: StopCause | null;
  note: string | null;
  startedBy: BatchRequester | null;
  stoppedBy: BatchRequester | null;
  createdAt: Date;
  plannedAt: Date;
  startedAt: Date | null;
  endedAt: Date | null;
  sums: BatchSums;
}

/** What the orders of a batch come to. Null: there are none of them. */
export interface BatchSums {
  counts: { outcome: BatchOutcome; count: number }[] | null;
  leftOut: { reason: string; count: number }[] | null;
  money: StoredMoney[] | null;
  mails: number | null;
  unknownAmounts: number | null;
}

export interface StoredMoney {
  currency: string;
  out: number;
  outOrders: number;
  in: number;
  inOrders: number;
}

/** How the orders of a batch were chosen. */
export type BatchSource =
  | { query: Record<string, string | boolean> }
  | { orderIds: number }
  | { batchId: string; outcome: BatchOutcome };

/**
 * The columns of a {@link StoredBatch}; `b` is the batch. Its orders are read once, for all sums. What is left out has no money and no mails.
 */
export const BATCH_ROW = `
  b.batch_id as "batchId", b.client_id as "clientId", b.key_id as "keyId", b.session_id as "sessionId",
  b.request_hash as "requestHash", b.action, b.step, b.code, b.source, b.state, b.stop_cause as "stopCause", b.note,
  b.started_by as "startedBy", b.stopped_by as "stoppedBy", b.created_at as "createdAt", b.planned_at as "plannedAt",
  b.started_at as "startedAt", b.ended_at as "endedAt",
  (with alike as materialized (
     select outcome, currency, case outcome when 'left_out' then coalesce(reason, 'changed') end as reason, count(*) as items,
            sum(money_out) as money_out, count(money_out) as outs, sum(money_in) as money_in, count(money_in) as ins, sum(mails) as mails,
            count(*) filter (where b.action = 'retry' and step like 'refundPayment%' and money_out is null) as unknown
       from batch_items i where i.batch_id = b.batch_id group by 1, 2, 3
   ), going as (
     select * from alike where outcome <> 'left_out'
   )
   select json_build_object(
     'counts', (select json_agg(json_build_object('outcome', c.outcome, 'count', c.count))
                  from (select outcome, sum(items) as count from alike group by outcome) c),
     'leftOut', (select json_agg(json_build_object('reason', c.reason, 'count', c.count) order by c.count desc, c.reason)
                   from (select reason, sum(items) as count from alike where outcome = 'left_out' group by reason) c),
     'money', (select json_agg(json_build_object('currency', c.currency, 'out', c.money_out, 'outOrders', c.outs, 'in', c.money_in, 'inOrders', c.ins)
                               order by c.currency)
                 from (select currency, coalesce(sum(money_out), 0) as money_out, sum(outs) as outs,
                              coalesce(sum(money_in), 0) as money_in, sum(ins) as ins
                         from going where outs + ins > 0 group by currency) c),
     'mails', (select sum(mails) from going), 'unknownAmounts', (select sum(unknown) from going))) as sums`;

export interface BatchItemRow {
  number: number;
  order_id: string;
  outcome: BatchOutcome;
  reason: string | null;
  detail: string | null;
  status: OrderStatus | null;
  step: string | null;
  money_out: number | null;
  money_in: number | null;
  currency: string | null;
  mails: number;
  settled_at: Date | null;
}

/** The columns of a {@link BatchItemRow}; `i` is the item. */
export const BATCH_ITEM = `i.number, i.order_id, i.outcome, i.reason, i.detail, i.status, i.step, i.money_out, i.money_in, i.currency,
  i.mails, i.settled_at`;

export const toBatchItem = (row: BatchItemRow): BatchItem => ({
  number: row.number,
  orderId: row.order_id,
  outcome: row.outcome,
  ...(row.reason !== null && { reason: row.reason }),
  ...(row.detail !== null && { detail: row.detail }),
  ...(row.status !== null && { status: row.status }),
  ...(row.step !== null && { step: row.step }),
  ...(row.money_out !== null && { moneyOut: row.money_out }),
  ...(row.money_in !== null && { moneyIn: row.money_in }),
  ...(row.currency !== null && { currency: row.currency }),
  mails: row.mails,
  ...(row.settled_at && { settledAt: row.settled_at.toISOString() }),
});
