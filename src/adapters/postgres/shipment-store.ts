import type { GivenBy } from '../../contracts/actor.ts';
import type { Address } from '../../contracts/http/order.ts';
import type { LineQuantity, ListedShipmentView, ShipmentStatus } from '../../contracts/http/shipments.ts';
import type { CarrierAddress, Label, LabelRefund, Tracker } from '../../contracts/ports/carrier.ts';
import type { FulfilmentInput, FulfilmentPlan } from '../../contracts/temporal/fulfilment.ts';
import type { ProblemCode } from '../../contracts/errors.ts';
import { SHIPMENT_VIEW } from './order-row.ts';
import { LATE_SHIPMENTS } from './late-shipments.ts';
import { callFunction, type Pool } from './pool.ts';

interface ShipmentKey {
  orderId: string;
  shipmentId: string;
}

/** How the shipments of an order are planned. */
export interface PlanRequest extends FulfilmentInput {
  mode: 'carrier' | 'warehouse';
  /** Whether the carrier is asked for trackers. */
  tracking: boolean;
  returnWindowMs: number;
}

/** A shipment whose label has to be bought. */
export interface DueLabel extends ShipmentKey {
  /** Kept by an earlier attempt, which may have bought the label. */
  carrierShipmentId?: string;
  location: string;
  /** Absent: the location has no address. */
  from?: CarrierAddress;
  to: Address;
  weightGrams: number;
}

/** A cancelled shipment whose label may have to be refunded. */
export interface DueLabelRefund extends ShipmentKey {
  carrierShipmentId: string;
  /** The carrier was not asked yet. */
  first: boolean;
}

/** A parcel whose tracker has to be asked for. */
export interface DueTracker extends ShipmentKey {
  trackerId?: string;
  /** When the carrier said that the tracker has changed. Absent: it did not, and it is time to ask. */
  changedAt?: string;
  trackingCode: string;
  carrier?: string;
}

/** What the warehouse has handed over. */
export interface ShipmentReport extends GivenBy {
  orderId: string;
  /** The idempotency key of the request. */
  key: string;
  requestHash: string;
  location?: string;
  lines: LineQuantity[];
  carrier: string;
  trackingCode: string;
  /** ISO 8601. Absent: now. */
  handedOverAt?: string;
}

/** `reship`, `refund`: the parcel is lost, and what follows. */
export type ShipmentAction = 'hold' | 'release' | 'cancel' | 'deliver' | 'reship' | 'refund';

export interface ShipmentChange extends ShipmentKey, GivenBy {
  action: ShipmentAction;
  /** In the words of the actor. */
  reason?: string;
}

export interface AddressChange extends GivenBy {
  orderId: string;
  shipping: Address;
}

export interface ShipmentRefusal {
  orderId: string;
  outcome: 'refused';
  code: ProblemCode;
  detail: string;
}

interface ChangedOrder {
  orderId: string;
  outcome: 'done';
  /** Of the newest event of the order, which is the same if nothing was changed. */
  sequence?: number;
}

export type ReportResult = (ChangedOrder & { shipmentId: string; requestHash: string }) | ShipmentRefusal;
export type ChangeResult = ChangedOrder | ShipmentRefusal;

export interface ShipmentFilter {
  clientId: string;
  status?: ShipmentStatus;
  /** Only those that the queue `late` counts. */
  late?: boolean;
  limit: number;
  /** The id of the last shipment of the page before. */
  after?: string;
}

/** The shipments of orders in PostgreSQL. Every change may be repeated; what each does is written at its SQL function. */
export interface ShipmentStore {
  plan(orders: PlanRequest[]): Promise<FulfilmentPlan[]>;
  reallocateShorts(orders: FulfilmentInput[]): Promise<void>;

  dueLabels(orders: FulfilmentInput[]): Promise<DueLabel[]>;
  /** Returns the id to buy; `undefined` if no label is wanted any more, or no label to this address. */
  keepCarrierShipment(
    shipment: ShipmentKey & { carrierShipmentId: string; to?: Address },
  ): Promise<string | undefined>;
  forgetCarrierShipment(shipment: ShipmentKey & { carrierShipmentId: string }): Promise<void>;
  recordLabel(bought: ShipmentKey & { carrierShipmentId: string; label: Label }): Promise<void>;

  dueLabelRefunds(orders: FulfilmentInput[]): Promise<DueLabelRefund[]>;
  recordLabelRefund(refund: ShipmentKey & { refund: LabelRefund }): Promise<void>;

  dueTrackers(orders: FulfilmentInput[]): Promise<DueTracker[]>;
  /**
   * Without a tracker: the carrier could not be asked, and is asked again later. With the `changedAt` of the {@link DueTracker}, so that
   * the carrier is asked again if the tracker has changed since.
   */
  recordTracking(answer: ShipmentKey & Pick<DueTracker, 'changedAt'> & { tracker?: Tracker }): Promise<void>;
  /** Makes these trackers due now, and returns the orders that they belong to. */
  requestTracking(trackerIds: string[]): Promise<FulfilmentInput[]>;

  report(reports: ShipmentReport[]): Promise<ReportResult[]>;
  change(changes: ShipmentChange[]): Promise<ChangeResult[]>;
  changeAddress(changes: AddressChange[]): Promise<ChangeResult[]>;

  /** Newest first. */
  list(filter: ShipmentFilter): Promise<ListedShipmentView[]>;
  /** Returns those of the orders that have something to ship. */
  withCommittedStock(orderIds: string[]): Promise<string[]>;
  /** Returns those of the orders that have something to ship, or have shipments already. */
  withShipments(orderIds: string[]): Promise<string[]>;
}

/** What a piece weighs whose item has no weight. */
const DEFAULT_PIECE_GRAMS = 500;

const LATE_IDS = LATE_SHIPMENTS.map(
  ({ statuses, condition }) =>
    `select shipment_id from shipments where status in (${statuses.map((status) => `'${status}'`).join(', ')}) and ${condition}`,
).join(' union all ');

const KEY = `'orderId', s.order_id, 'shipmentId', s.shipment_id`;

const DUE_LABELS = `
  select json_strip_nulls(json_build_object(${KEY}, 'carrierShipmentId', s.carrier_shipment_id, 'location', s.location_id,
           'from', l.address, 'to', o.shipping,
           'weightGrams', (select sum(p.quantity * coalesce(i.weight_grams, ${DEFAULT_PIECE_GRAMS})) from shipment_lines p join stock_items i using (sku)
                            where p.shipment_id = s.shipment_id))) as item
    from shipments s join orders o using (order_id) join locations l using (location_id)
   where s.order_id = any($1::text[]) and s.status = 'allocated' and s.mode = 'carrier'
     and o.status = any(paid_order_statuses()) and not o.cancelling
   order by s.order_id, s.number`;

const DUE_LABEL_REFUNDS = `
  select json_build_object(${KEY}, 'carrierShipmentId', s.carrier_shipment_id,
           'first', s.label_refund = 'wanted') as item
    from shipments s
   where s.order_id = any($1::text[]) and label_refund_is_due(s.label_refund, s.next_check_at)
     and s.carrier_shipment_id is not null
   order by s.order_id, s.number`;

const DUE_TRACKERS = `
  select json_strip_nulls(json_build_object(${KEY}, 'trackerId', s.tracker_id, 'trackingCode', s.tracking_code,
           'carrier', s.carrier, 'changedAt', s.tracker_changed_at)) as item
    from shipments s
   where s.order_id = any($1::text[]) and tracking_is_due(s.status, s.next_check_at, s.tracker_changed_at) and s.tracking_code is not null
   order by s.order_id, s.number`;

const WITH_COMMITTED_STOCK = `
  select distinct order_id from reservations where order_id = any($1::text[]) and state = 'committed'`;
const WITH_SHIPMENTS = 'select order_id from shipments where order_id = any($1::text[])';

export function createShipmentStore(pool: Pool): ShipmentStore {
  const call = <T>(name: string, argument: unknown): Promise<T> => callFunction<T>(pool, name, argument);

  async function due<T>(text: string, orders: FulfilmentInput[]): Promise<T[]> {
    const { rows } = await pool.query<{ item: T }>(text, [orders.map(({ orderId }) => orderId)]);
    return rows.map(({ item }) => item);
  }

  async function idsOf(name: string, text: string, orderIds: string[]): Promise<string[]> {
    const { rows } = await pool.query<{ order_id: string }>({ name, text, values: [orderIds] });
    return rows.map((row) => row.order_id);
  }

  return {
    plan: (orders) => call('plan_fulfilments', orders),
    async reallocateShorts(orders) {
      await call('reallocate_shorts', orders);
    },

    dueLabels: (orders) => due(DUE_LABELS, orders),
    async keepCarrierShipment(shipment) {
      const [kept] = await call<{ carrierShipmentId?: string }[]>('keep_carrier_shipments', [shipment]);
      return kept?.carrierShipmentId;
    },
    async forgetCarrierShipment(shipment) {
      await call('forget_carrier_shipments', [shipment]);
    },
    async recordLabel(bought) {
      await call('record_labels', [bought]);
    },

    dueLabelRefunds: (orders) => due(DUE_LABEL_REFUNDS, orders),
    async recordLabelRefund(refund) {
      await call('record_label_refunds', [refund]);
    },

    dueTrackers: (orders) => due(DUE_TRACKERS, orders),
    async recordTracking(answer) {
      await call('record_tracking', [answer]);
    },
    requestTracking: (trackerIds) =>
      call(
        'request_tracking',
        trackerIds.map((trackerId) => ({ trackerId })),
      ),

    report: (reports) => call('report_shipments', reports),
    change: (changes) => call('change_shipments', changes),
    changeAddress: (changes) => call('change_addresses', changes),

    async list({ clientId, status, late = false, limit, after }) {
      const values: unknown[] = [clientId, limit];
      const bind = (value: unknown) => `$${values.push(value)}`;
      const conditions = ['o.client_id = $1'];
      if (status !== undefined) conditions.push(`s.status = ${bind(status)}`);
      if (late) conditions.push(`s.shipment_id in (${LATE_IDS})`);
      if (after !== undefined) {
        const last = bind(after);
        conditions.push(
          `(s.created_at, s.shipment_id) < ((select created_at from shipments where shipment_id = ${last}), ${last})`,
        );
      }
      const { rows } = await pool.query<{ item: ListedShipmentView }>(
        `select jsonb_build_object('orderId', s.order_id) || ${SHIPMENT_VIEW}::jsonb as item
           from shipments s join orders o using (order_id) where ${conditions.join(' and ')}
          order by s.created_at desc, s.shipment_id desc limit $2`,
        values,
      );
      return rows.map(({ item }) => item);
    },

    withCommittedStock: (orderIds) => idsOf('with_committed_stock', WITH_COMMITTED_STOCK, orderIds),
    withShipments: (orderIds) =>
      idsOf('with_shipments', `${WITH_COMMITTED_STOCK} union ${WITH_SHIPMENTS}`, orderIds),
  };
}
