/** Payments and refunds that others made in the same account have another `order_id`, or none. */
const OUR_ORDER = '^ord_[0-9a-z]{32}$';

/** The reference of a label for a shipment or a return; labels that others bought in the same account have another one, or none. */
const OUR_PARCEL = '^(shp_[0-9a-z]{32}_[0-9]+|ret_[0-9a-z]{32})$';

/** The tables that hold records of an audit, and that are analysed before the rules run. `audit_suspects` holds what they find. */
export const TABLES = [
  'audit_orders',
  'audit_provider_payments',
  'audit_provider_refunds',
  'audit_provider_disputes',
  'audit_carrier_labels',
  'audit_order_workflows',
];

/**
 * What the rules read, as members of a WITH clause. `$1` is the audit. PostgreSQL puts those that a rule uses into its query, and
 * ignores the others.
 */
export const RECORDS = `
  audit_window as not materialized (
    select since, compares_labels, recounts, started_at as now from audit_comparisons where audit_id = $1),
  audit_refunds as not materialized (
    select provider_refund_id, payment_intent_id, order_id, refund_id, amount from audit_provider_refunds where audit_id = $1),
  audit_disputes as not materialized (
    select dispute_id, payment_intent_id, amount, status, funds_withdrawn from audit_provider_disputes where audit_id = $1),
  audit_payments as not materialized (
    select p.*, coalesce((select sum(r.amount) from audit_provider_refunds r
                           where r.audit_id = $1 and r.payment_intent_id = p.payment_intent_id), 0) as refunded
      from audit_provider_payments p where p.audit_id = $1),
  audit_labels as not materialized (select * from audit_carrier_labels where audit_id = $1),
  audit_workflows as not materialized (select * from audit_order_workflows where audit_id = $1)`;

/** The orders that a statement is about: those with a number above `$2`, up to `$3`. */
export const SCOPE = `
  audit_scope as not materialized (
    select order_id from audit_orders where audit_id = $1 and n > $2::bigint and n <= $3::bigint)`;

/** The levels that a statement is about: those after the SKU `$2` at the location `$3`, up to `$4` at `$5`. */
export const LEVELS = `
  audit_levels as not materialized (
    select * from stock_levels
     where (sku, location_id) > ($2::text, $3::text) and (sku, location_id) <= ($4::text, $5::text))`;

/** What has no outcome yet, whatever its age. Each query returns the ids of orders. */
export const UNDECIDED = [
  `select order_id from orders where outcome_at is null`,
  `select order_id from payments where capturable > 0`,
  `select order_id from refunds where status = 'pending'`,
  `select order_id from captures where status = 'pending'`,
  `select order_id from disputes where closed_at is null`,
  `select order_id from parked_steps`,
  `select order_id from shipments where status <> all (array['delivered', 'cancelled']) and status <> 'lost'`,
  `select order_id from returns where status in ('requested', 'open')`,
];

/** What happened between two times, `$2` and `$3`. Each query returns the ids of orders; `times` are the rows that it reads. */
export const RECENT = {
  placed: {
    times: 'select from orders where created_at >= $1 and created_at < $2',
    orders: 'select order_id, created_at as since from orders where created_at >= $2 and created_at < $3',
  },
  changed: {
    times: 'select from order_events where occurred_at >= $1 and occurred_at < $2',
    orders:
      'select order_id, min(occurred_at) as since from order_events where occurred_at >= $2 and occurred_at < $3 group by 1',
  },
};

/**
 * Adds orders to the audit. `$1` is the audit.
 *
 * @param orders a query that returns their ids
 * @param by orders that lie together on the disk, as those of one day do, should have numbers in a row
 */
export const addOrders = (orders: string, by = 'order_id'): string => `
  insert into audit_orders (audit_id, order_id)
  select $1, order_id from (${orders}) found
   where not exists (select from audit_orders known where known.audit_id = $1 and known.order_id = found.order_id)
   order by ${by}
  on conflict do nothing`;

/** The rows of our own tables that belong to the orders of a statement. */
export const COUNT = `
  select (select count(*) from audit_scope) as orders,
         (select count(*) from payments join audit_scope using (order_id)) as payments,
         (select count(*) from refunds join audit_scope using (order_id)) as refunds,
         (select count(*) from captures join audit_scope using (order_id)) as captures,
         (select count(*) from disputes join audit_scope using (order_id)) as disputes,
         (select count(*) from reservations join audit_scope using (order_id)) as reservations,
         (select count(*) from shipments join audit_scope using (order_id)) as shipments,
         (select count(*) from returns join audit_scope using (order_id)) as returns,
         (select count(*) from mails join audit_scope using (order_id)) as mails,
         (select count(*) from order_events join audit_scope using (order_id)) as events`;

/** Adds the orders of `owned` that are not audited yet: what others say of an order of any age makes it a part of the audit. */
const ADD_OWNERS = `
  insert into audit_orders (audit_id, order_id)
  select distinct $1, owner from owned
   where owner is not null
     and not exists (select from audit_orders known where known.audit_id = $1 and known.order_id = owner)
  on conflict do nothing`;

export const ADD_PAYMENTS = `
  with given as (
    select x.*, p.order_id as ours, o.order_id as theirs
      from jsonb_to_recordset($2::jsonb) as x("paymentIntentId" text, "orderId" text, status text, currency text, amount bigint,
                                              received bigint, capturable bigint)
      left join payments p on p.payment_intent_id = x."paymentIntentId"
      left join orders o on o.order_id = x."orderId"
     where x."orderId" ~ '${OUR_ORDER}' or p.order_id is not null
  ), owned as (
    select ours as owner from given union all select theirs from given
  ), owners as (${ADD_OWNERS})
  insert into audit_provider_payments (audit_id, payment_intent_id, order_id, status, currency, amount, received, capturable, is_unknown)
  select $1, "paymentIntentId", "orderId", status, currency, amount, received, capturable, ours is null and theirs is null
    from given
  on conflict do nothing`;

export const ADD_REFUNDS = `
  with given as (
    select x.*, p.order_id as ours
      from jsonb_to_recordset($2::jsonb) as x("providerRefundId" text, "paymentIntentId" text, "orderId" text, "refundId" text,
                                              amount bigint)
      left join payments p on p.payment_intent_id = x."paymentIntentId"
     where x."orderId" ~ '${OUR_ORDER}' or p.order_id is not null
        or exists (select from audit_provider_payments a where a.audit_id = $1 and a.payment_intent_id = x."paymentIntentId")
  ), owned as (
    select ours as owner from given
  ), owners as (${ADD_OWNERS})
  insert into audit_provider_refunds (audit_id, provider_refund_id, payment_intent_id, order_id, refund_id, amount)
  select $1, "providerRefundId", "paymentIntentId", "orderId", "refundId", amount from given
  on conflict do nothing`;

export const ADD_DISPUTES = `
  with given as (
    select x.*, p.order_id as ours
      from jsonb_to_recordset($2::jsonb) as x("disputeId" text, "paymentIntentId" text, amount bigint, status text,
                                              "fundsWithdrawn" boolean)
      left join payments p on p.payment_intent_id = x."paymentIntentId"
     where p.order_id is not null
        or exists (select from audit_provider_payments a where a.audit_id = $1 and a.payment_intent_id = x."paymentIntentId")
  ), owned as (
    select ours as owner from given
  ), owners as (${ADD_OWNERS})
  insert into audit_provider_disputes (audit_id, dispute_id, payment_intent_id, amount, status, funds_withdrawn)
  select $1, "disputeId", "paymentIntentId", amount, status, "fundsWithdrawn" from given
  on conflict do nothing`;

export const ADD_LABELS = `
  with given as (
    select x.*, coalesce(s.order_id, r.order_id) as ours
      from jsonb_to_recordset($2::jsonb) as x("carrierShipmentId" text, reference text, label jsonb, refund text)
      left join shipments s on s.carrier_shipment_id = x."carrierShipmentId"
      left join returns r on r.carrier_shipment_id = x."carrierShipmentId"
     where x.label is not null and (x.reference ~ '${OUR_PARCEL}' or s.order_id is not null or r.order_id is not null)
  ), owned as (
    select ours as owner from given
  ), owners as (${ADD_OWNERS})
  insert into audit_carrier_labels (audit_id, carrier_shipment_id, reference, tracking_code, refund, is_unknown)
  select $1, "carrierShipmentId", reference, label ->> 'trackingCode', refund, ours is null from given
  on conflict do nothing`;

/** Of the closed workflows only those whose order is not in PostgreSQL are kept. */
export const ADD_WORKFLOWS = `
  insert into audit_order_workflows (audit_id, workflow_id, order_id, kind, running, started_at)
  select distinct $1, "workflowId", "orderId", kind, running, "startedAt"
    from jsonb_to_recordset($2::jsonb) as x("workflowId" text, "orderId" text, kind text, running boolean, "startedAt" timestamptz)
   where running or not exists (select from orders o where o.order_id = "orderId")
  on conflict do nothing`;

/** Payments that are too old for the provider's list, and are not known to the audit yet. */
export const OLDER_PAYMENTS = `
  select p.payment_intent_id as id from audit_scope join payments p using (order_id)
   where p.payment_intent_id is not null and p.created_at < (select since from audit_window)
     and not exists (select from audit_payments i where i.payment_intent_id = p.payment_intent_id)`;

/** The same for labels. */
export const OLDER_LABELS = `
  select parcel.carrier_shipment_id as id
    from audit_scope join (select order_id, carrier_shipment_id, created_at from shipments
                           union all select order_id, carrier_shipment_id, created_at from returns) parcel using (order_id)
   where parcel.carrier_shipment_id is not null and parcel.created_at < (select since from audit_window)
     and not exists (select from audit_labels a where a.carrier_shipment_id = parcel.carrier_shipment_id)`;

/**
 * Since when the carrier may have labels of the audit's time. A label is bought after its shipment or return was recorded. The
 * carrier's times have no milliseconds, and its clock may differ.
 */
export const LABELS_SINCE = `
  with audit_window as (select since from audit_comparisons where audit_id = $1)
  select least((select min(created_at) from shipments where created_at >= (select since from audit_window)),
               (select min(created_at) from returns where created_at >= (select since from audit_window))) - interval '1 hour' as since`;

/** The payments of orders (`$2`), whether we or the provider know of them. */
export const PAYMENTS_OF_ORDERS = `
  select payment_intent_id as id from audit_provider_payments where audit_id = $1 and order_id = any($2::text[])
  union select payment_intent_id from payments where order_id = any($2::text[]) and payment_intent_id is not null`;

/** The labels of orders (`$2`), whether we or the carrier know of them. */
export const LABELS_OF_ORDERS = `
  with parcels as (
    select shipment_id as id, carrier_shipment_id from shipments where order_id = any($2::text[])
    union all select return_id, carrier_shipment_id from returns where order_id = any($2::text[])
  )
  select carrier_shipment_id as id from parcels where carrier_shipment_id is not null
  union select a.carrier_shipment_id from audit_carrier_labels a
         where a.audit_id = $1 and a.is_unknown
           and (a.reference in (select id from parcels)
                or exists (select from unnest($2::text[]) order_id where substr(a.reference, 5, 32) = substr(order_id, 5)))`;
