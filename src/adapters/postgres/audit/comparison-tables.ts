/** Payments and refunds that others made in the same account have another `order_id`, or none. */
const OUR_ORDER = '^ord_[0-9a-z]{32}$';

/** The reference of a label for a shipment or a return; labels that others bought in the same account have another one, or none. */
const OUR_PARCEL = '^(shp_[0-9a-z]{32}_[0-9]+|ret_[0-9a-z]{32})$';

/** The temporary tables of an audit's session. The rules compare them with our own tables. */
export const CREATE_TABLES = [
  `create temp table audit_window (
     since timestamptz not null, compares_labels boolean not null, now timestamptz not null default clock_timestamp())`,
  `create temp table audit_scope (order_id text primary key)`,
  `create temp table audit_payments (
     payment_intent_id text primary key, order_id text, status text not null, currency text not null,
     received bigint not null, capturable bigint not null, refunded bigint not null default 0)`,
  `create temp table audit_refunds (
     provider_refund_id text primary key, payment_intent_id text, order_id text, refund_id text, amount bigint not null)`,
  `create temp table audit_disputes (
     dispute_id text primary key, payment_intent_id text not null, amount bigint not null, status text not null,
     funds_withdrawn boolean not null)`,
  `create temp table audit_workflows (
     workflow_id text not null, order_id text not null, kind text not null, running boolean not null,
     started_at timestamptz not null)`,
  `create temp table audit_labels (
     carrier_shipment_id text primary key, reference text, tracking_code text, refund text)`,
  `create index on audit_workflows (order_id)`,
  `create index on audit_workflows (workflow_id)`,
  `create index on audit_payments (order_id)`,
  `create index on audit_refunds (payment_intent_id)`,
  `create index on audit_refunds (refund_id)`,
];

/** Fills the scope: the orders placed since the start of the window, and older ones that have no outcome yet. */
export const FILL_SCOPE = `
  insert into audit_scope select order_id from orders, audit_window
   where created_at >= audit_window.since or outcome_at is null`;

export const COUNT = `
  select (select count(*) from audit_scope) as orders,
         (select count(*) from payments join audit_scope using (order_id)) as payments,
         (select count(*) from refunds join audit_scope using (order_id)) as refunds,
         (select count(*) from captures join audit_scope using (order_id)) as captures,
         (select count(*) from disputes join audit_scope using (order_id)) as disputes,
         (select count(*) from reservations join audit_scope using (order_id)) as reservations,
         (select count(*) from stock_items) as items,
         (select count(*) from shipments join audit_scope using (order_id)) as shipments,
         (select count(*) from returns join audit_scope using (order_id)) as returns,
         (select count(*) from mails join audit_scope using (order_id)) as mails,
         (select count(*) from order_events join audit_scope using (order_id)) as events,
         (select count(*) from audit_payments) as "providerPayments",
         (select count(*) from audit_refunds) as "providerRefunds",
         (select count(*) from audit_disputes) as "providerDisputes",
         (select count(*) from audit_labels) as "carrierLabels",
         (select count(distinct workflow_id) from audit_workflows where running) as "runningWorkflows",
         (select count(distinct workflow_id) from audit_workflows where not running) as "closedWorkflows"`;

export const ADD_PAYMENTS = `
  insert into audit_payments (payment_intent_id, order_id, status, currency, received, capturable)
  select "paymentIntentId", "orderId", status, currency, received, capturable
    from jsonb_to_recordset($1::jsonb) as x("paymentIntentId" text, "orderId" text, status text, currency text,
                                            received bigint, capturable bigint)
   where "orderId" ~ '${OUR_ORDER}'
      or exists (select from payments p where p.payment_intent_id = "paymentIntentId")
  on conflict do nothing`;

export const ADD_REFUNDS = `
  insert into audit_refunds (provider_refund_id, payment_intent_id, order_id, refund_id, amount)
  select "providerRefundId", "paymentIntentId", "orderId", "refundId", amount
    from jsonb_to_recordset($1::jsonb) as x("providerRefundId" text, "paymentIntentId" text, "orderId" text,
                                            "refundId" text, amount bigint)
   where "orderId" ~ '${OUR_ORDER}'
      or exists (select from payments p where p.payment_intent_id = "paymentIntentId")
      or exists (select from audit_payments a where a.payment_intent_id = "paymentIntentId")
  on conflict do nothing`;

export const ADD_DISPUTES = `
  insert into audit_disputes (dispute_id, payment_intent_id, amount, status, funds_withdrawn)
  select "disputeId", "paymentIntentId", amount, status, "fundsWithdrawn"
    from jsonb_to_recordset($1::jsonb) as x("disputeId" text, "paymentIntentId" text, amount bigint, status text,
                                            "fundsWithdrawn" boolean)
   where exists (select from payments p where p.payment_intent_id = "paymentIntentId")
      or exists (select from audit_payments a where a.payment_intent_id = "paymentIntentId")
  on conflict do nothing`;

export const ADD_WORKFLOWS = `
  insert into audit_workflows (workflow_id, order_id, kind, running, started_at)
  select "workflowId", "orderId", kind, running, "startedAt"
    from jsonb_to_recordset($1::jsonb) as x("workflowId" text, "orderId" text, kind text, running boolean,
                                            "startedAt" timestamptz)`;

export const ADD_LABELS = `
  insert into audit_labels (carrier_shipment_id, reference, tracking_code, refund)
  select "carrierShipmentId", reference, label ->> 'trackingCode', refund
    from jsonb_to_recordset($1::jsonb) as x("carrierShipmentId" text, reference text, label jsonb, refund text)
   where label is not null
     and (reference ~ '${OUR_PARCEL}'
          or exists (select from shipments s where s.carrier_shipment_id = "carrierShipmentId")
          or exists (select from returns r where r.carrier_shipment_id = "carrierShipmentId"))
  on conflict do nothing`;

/** A payment's refunded amount is the sum of its refunds, which may be added before or after it. */
export const SUM_REFUNDS = `
  update audit_payments p set refunded = r.amount
    from (select payment_intent_id, sum(amount) as amount from audit_refunds group by payment_intent_id) r
   where p.payment_intent_id = r.payment_intent_id and p.refunded <> r.amount`;

export const LIST_PAYMENT_IDS = `
  select payment_intent_id as id from audit_payments
  union select payment_intent_id from payments join audit_scope using (order_id)
         where payment_intent_id is not null`;

export const LIST_LABEL_IDS = `
  select carrier_shipment_id as id from audit_labels
  union select carrier_shipment_id from shipments join audit_scope using (order_id) where carrier_shipment_id is not null
  union select carrier_shipment_id from returns join audit_scope using (order_id) where carrier_shipment_id is not null`;

/** A label is bought after its shipment or return was recorded. The carrier's times have no milliseconds, and its clock may differ. */
export const LABELS_SINCE = `
  select least((select min(s.created_at) from shipments s join audit_scope using (order_id)),
               (select min(r.created_at) from returns r join audit_scope using (order_id))) - interval '1 hour' as since`;
