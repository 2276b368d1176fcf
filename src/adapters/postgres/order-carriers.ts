import type { Actor } from '../../contracts/actor.ts';
import type { CheckoutOrder } from '../../contracts/temporal/checkout.ts';
import type { ReviewInput } from '../../contracts/temporal/messages.ts';
import type {
  CancellationCommand,
  CaptureCommand,
  RefundCommand,
} from '../../contracts/temporal/operations.ts';
import type { OrderStatus } from '../../contracts/order-status.ts';
import { callFunction, type Pool } from './pool.ts';

/** The step that is parked for an order whose workflow is gone or does not work, and cannot be replaced without an operator. */
export const CARRY_STEP = 'carryOrder';

/** Which run carries an order. */
export interface Carrier {
  orderId: string;
  /** Id of the workflow. */
  workflowId: string;
  epoch: number;
  /** `unreserved`: the order was claimed, and PostgreSQL does not have it yet. */
  state: 'unreserved' | 'undecided' | 'decided';
  /** How long ago the order was claimed or given to this run; milliseconds. */
  ageMs: number;
  /** How often in a row the order was given to another run. */
  restarts: number;
  /** {@link CARRY_STEP} is parked. */
  isParked: boolean;
}

/** What a new run needs of an order that was reserved before. */
export interface TakenOrder extends Omit<CheckoutOrder, 'orderId' | 'notBefore'> {
  status: OrderStatus;
  /** Minor units. */
  total: number;
  /** The last payment attempt that is recorded. */
  attempt?: number;
  review?: Partial<ReviewInput>;
}

export type Takeover =
  | { outcome: 'decided' }
  | { outcome: 'moved' }
  | {
      outcome: 'taken';
      epoch: number;
      restarts: number;
      cancelReason?: string;
      cancelActor?: Actor;
      order?: TakenOrder;
    };

/** Who has asked for a takeover, in their words. Nobody: the service itself has found that the run is gone. */
export interface Requester {
  actor: Actor;
  note?: string;
}

/** Operations that are begun and not settled. */
export interface PendingOperations {
  refunds: RefundCommand[];
  captures: CaptureCommand[];
  cancellations: CancellationCommand[];
}

export interface SweepLease {
  /** Closed workflows were looked at up to this time. Absent: never. */
  closedUntil?: Date;
  /** Keeps the lease for as long again. Returns false if another process has it by now. */
  extend(): Promise<boolean>;
  /** Ends the sweep. `closedUntil`: see above; absent, it stays as it is. */
  finish(closedUntil?: Date): Promise<void>;
}

/** Which run carries each order, and how an order passes from a run that is gone to the next one. */
export interface OrderCarriers {
  /** Returns the carriers of those orders that are known here, in any order. */
  find(orderIds: readonly string[]): Promise<Carrier[]>;
  /** Returns undecided orders of which nothing was recorded for `idleMs`, oldest first, after an order of the page before. */
  idle(idleMs: number, limit: number, after?: IdleCursor): Promise<IdleCarrier[]>;
  /** Returns orders that were decided since a time, longer than `idleMs` ago, and whose customer has got no mail of that. */
  unnotified(since: Date, idleMs: number, limit: number): Promise<Carrier[]>;
  /** Gives the order to the next run, if it still has this carrier and is not decided. `evenDecided`: or though it is. */
  takeOver(
    carrier: Pick<Carrier, 'orderId' | 'workflowId' | 'epoch'>,
    reason: string,
    evenDecided?: boolean,
    by?: Requester,
  ): Promise<Takeover>;
  /**
   * Records that a run of the order has accepted to cancel it; the runs after it know that by `cancelReason`. The first reason counts. Safe to
   * repeat.
   */
  recordCancelRequest(orderId: string, reason: string, actor?: Actor): Promise<void>;
  /** Returns operations that were begun longer than `idleMs` ago and are not settled. */
  pendingOperations(idleMs: number, limit: number): Promise<PendingOperations>;
  /** Returns operations with a step that was parked longer than `idleMs` ago and that each run of theirs would find again, by their workflows. */
  parkedOperations(idleMs: number, limit: number, after?: OperationRun): Promise<OperationRun[]>;
  /** Returns steps that tell an operator of a payment whose cause is gone. */
  settledConcerns(limit: number): Promise<SettledConcern[]>;
  /** Ends the attention for steps that an earlier run of the operation has parked, before a new run begins or where none is needed. */
  clearParked(operation: OperationRun): Promise<void>;
  /**
   * Returns the lease of the next sweep if it is due and no other process has it.
   *
   * @param intervalMs since the begin of the last one
   * @param leaseMs after this time another process may take the lease
   */
  leaseSweep(holder: string, intervalMs: number, leaseMs: number): Promise<SweepLease | undefined>;
}

/** The workflow of an operation. */
export interface OperationRun {
  orderId: string;
  workflowId: string;
}

export interface SettledConcern extends OperationRun {
  step: string;
  paymentIntentId: string;
}

export interface IdleCursor {
  createdAt: string;
  orderId: string;
}
export type IdleCarrier = Carrier & IdleCursor;

const CARRIER = `
  w.order_id as "orderId", coalesce(c.workflow_id, o.workflow_id, 'order/' || w.order_id) as "workflowId", coalesce(c.epoch, 1) as epoch,
  case when o.order_id is null then 'unreserved' when o.outcome_at is null then 'undecided' else 'decided' end as state,
  (extract(epoch from clock_timestamp() - coalesce(greatest(c.restarted_at, c.claimed_at), o.created_at)) * 1000)::float8 as "ageMs",
  coalesce(c.restarts, 0) as restarts,
  exists (select from parked_steps p where p.order_id = w.order_id and p.step = '${CARRY_STEP}') as "isParked"`;

const FIND = `
  select ${CARRIER}
    from unnest($1::text[]) w (order_id)
    left join order_claims c on c.order_id = w.order_id
    left join orders o on o.order_id = w.order_id
   where c.order_id is not null or o.order_id is not null`;

/** `offset 0` reads one page of the index of undecided orders before anything is joined. */
const IDLE = `
  select ${CARRIER}, w.created_at::text as "createdAt"
    from (select order_id, created_at from orders
           where outcome_at is null and updated_at < clock_timestamp() - $1::float8 * interval '1 millisecond'
             and (created_at, order_id) > (coalesce($3::timestamptz, '-infinity'), coalesce($4, ''))
           order by created_at, order_id limit $2 offset 0) w
    join orders o on o.order_id = w.order_id
    left join order_claims c on c.order_id = w.order_id
   order by w.created_at, w.order_id`;

const UNNOTIFIED = `
  select ${CARRIER}
    from (select order_id from orders
           where outcome_at >= $1 and outcome_at < clock_timestamp() - $2::float8 * interval '1 millisecond'
             and status = any(paid_order_statuses() || failed_order_statuses())
             and not exists (
               select from mails m
                where m.order_id = orders.order_id and m.part = 1 and m.status in ('sent', 'refused')
                  and m.kind = case when orders.status = any(failed_order_statuses()) then orders.status else 'paid' end)
           order by outcome_at limit $3 offset 0) w
    join orders o on o.order_id = w.order_id
    left join order_claims c on c.order_id = w.order_id`;

const IDLE_SINCE = `clock_timestamp() - $1::float8 * interval '1 millisecond'`;
const PENDING = `
  select (select coalesce(json_agg(json_build_object('refundId', refund_id, 'orderId', order_id, 'requestHash', request_hash)), '[]')
            from (select * from refunds where status = 'pending' and kind <> 'cancellation' and updated_at < ${IDLE_SINCE}
                   order by order_id limit $2) r) as refunds,
         (select coalesce(json_agg(json_build_object('captureId', capture_id, 'orderId', order_id, 'requestHash', request_hash)), '[]')
            from (select * from captures where status = 'pending' and updated_at < ${IDLE_SINCE} order by order_id limit $2) c) as captures,
         (select coalesce(json_agg(json_build_object('orderId', o.order_id, 'reason', coalesce(
                   (select r.reason from refunds r where r.refund_id = o.order_id || '/cancellation'), 'cancelled'))), '[]')
            from (select order_id from orders where cancelling and updated_at < ${IDLE_SINCE} order by order_id limit $2) o) as cancellations`;

/** The id of an order's own checkout has one slash. */
const PARKED_OPERATIONS = `
  select distinct order_id as "orderId", workflow_id as "workflowId"
    from parked_steps
   where workflow_id like 'order/%/%' and is_found_again(step) and since < ${IDLE_SINCE}
     and (order_id, workflow_id) > (coalesce($3, ''), coalesce($4, ''))
   order by 1, 2 limit $2`;

const LEASE = `
  update carrier_sweeps
     set lease = $1, leased_until = clock_timestamp() + $3::float8 * interval '1 millisecond', started_at = clock_timestamp()
   where coalesce(leased_until < clock_timestamp(), true)
     and coalesce(started_at < clock_timestamp() - $2::float8 * interval '1 millisecond', true)
  returning closed_until`;

export function createOrderCarriers(pool: Pool): OrderCarriers {
  return {
    async find(orderIds) {
      if (orderIds.length === 0) return [];
      const { rows } = await pool.query<Carrier>({ name: 'find_carriers', text: FIND, values: [orderIds] });
      return rows;
    },

    async idle(idleMs, limit, after) {
      const values = [idleMs, limit, after?.createdAt, after?.orderId];
      const { rows } = await pool.query<IdleCarrier>({ name: 'idle_carriers', text: IDLE, values });
      return rows;
    },

    async unnotified(since, idleMs, limit) {
      const values = [since, idleMs, limit];
      const { rows } = await pool.query<Carrier>({ name: 'unnotified_carriers', text: UNNOTIFIED, values });
      return rows;
    },

    async takeOver({ orderId, workflowId, epoch }, reason, evenDecided = false, by) {
      const asked = {
        orderId,
        from: workflowId,
        epoch,
        reason,
        ...(evenDecided && { decided: true }),
        ...by,
      };
      const [takeover] = await callFunction<Takeover[]>(pool, 'take_over_orders', [asked]);
      if (!takeover) throw new Error(`PostgreSQL returned no takeover for order ${orderId}`);
      return takeover;
    },

    async recordCancelRequest(orderId, reason, actor) {
      await callFunction(pool, 'record_cancel_requests', [{ orderId, reason, ...(actor && { actor }) }]);
    },

    async pendingOperations(idleMs, limit) {
      const { rows } = await pool.query<PendingOperations>({
        name: 'pending_operations',
        text: PENDING,
        values: [idleMs, limit],
      });
      const [row] = rows;
      if (!row) throw new Error('The query of pending operations returned no row');
      return row;
    },

    async parkedOperations(idleMs, limit, after) {
      const values = [idleMs, limit, after?.orderId, after?.workflowId];
      const { rows } = await pool.query<OperationRun>({
        name: 'parked_operations',
        text: PARKED_OPERATIONS,
        values,
      });
      return rows;
    },

    async settledConcerns(limit) {
      const { rows } = await pool.query<SettledConcern>({
        name: 'settled_concerns',
        text: `select order_id as "orderId", workflow_id as "workflowId", step, payment_intent_id as "paymentIntentId" from settled_concerns($1)`,
        values: [limit],
      });
      return rows;
    },

    async clearParked({ orderId, workflowId }) {
      await callFunction(pool, 'clear_parked_steps', [{ orderId, workflowId }]);
    },

    async leaseSweep(holder, intervalMs, leaseMs) {
      const values = [holder, intervalMs, leaseMs];
      const { rows } = await pool.query<{ closed_until: Date | null }>({
        name: 'lease_sweep',
        text: LEASE,
        values,
      });
      const [row] = rows;
      if (!row) return undefined;
      return {
        ...(row.closed_until && { closedUntil: row.closed_until }),
        async extend() {
          const { rowCount } = await pool.query({
            name: 'extend_sweep',
            text: `update carrier_sweeps set leased_until = clock_timestamp() + $2::float8 * interval '1 millisecond' where lease = $1`,
            values: [holder, leaseMs],
          });
          return rowCount === 1;
        },
        async finish(closedUntil) {
          await pool.query({
            name: 'finish_sweep',
            text: `update carrier_sweeps set lease = null, leased_until = null, finished_at = clock_timestamp(),
                          closed_until = coalesce($2, closed_until) where lease = $1`,
            values: [holder, closedUntil],
          });
        },
      };
    },
  };
}
