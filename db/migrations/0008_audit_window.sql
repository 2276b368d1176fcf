-- The audit reads the records of others page by page into tables, and compares them in parts.
--
-- Not unlogged, although nobody needs them after the audit: PostgreSQL empties unlogged tables when it crashes, so that an audit could not
-- go on, and an unlogged index of a database that was created from a template can be damaged then (15.18).
create table audit_comparisons (
  audit_id        text primary key,
  since           timestamptz not null,
  compares_labels boolean not null,
  -- Whether all movements of the stock are summed, and not only those since the last checkpoint.
  recounts        boolean not null,
  started_at      timestamptz not null default clock_timestamp()
);

-- The orders that are audited. `n` numbers them in the sequence in which they were placed, as far as they were found by their age.
create table audit_orders (
  audit_id text   not null,
  n        bigint generated always as identity,
  order_id text   not null,
  primary key (audit_id, order_id)
);
create unique index audit_orders_by_number on audit_orders (audit_id, n);

create table audit_provider_payments (
  audit_id          text    not null,
  payment_intent_id text    not null,
  order_id          text,
  status            text    not null,
  currency          text    not null,
  amount            bigint  not null,
  received          bigint  not null,
  capturable        bigint  not null,
  -- Neither the payment nor its order was known here when it was read.
  is_unknown        boolean not null,
  primary key (audit_id, payment_intent_id)
);
create index audit_provider_payments_of_order on audit_provider_payments (audit_id, order_id);
create index audit_provider_payments_unknown on audit_provider_payments (audit_id) where is_unknown;

create table audit_provider_refunds (
  audit_id           text   not null,
  provider_refund_id text   not null,
  payment_intent_id  text,
  order_id           text,
  refund_id          text,
  amount             bigint not null,
  primary key (audit_id, provider_refund_id)
);
create index audit_provider_refunds_of_payment on audit_provider_refunds (audit_id, payment_intent_id);
create index audit_provider_refunds_by_refund on audit_provider_refunds (audit_id, refund_id);

create table audit_provider_disputes (
  audit_id          text    not null,
  dispute_id        text    not null,
  payment_intent_id text    not null,
  amount            bigint  not null,
  status            text    not null,
  funds_withdrawn   boolean not null,
  primary key (audit_id, dispute_id)
);
create index audit_provider_disputes_of_payment on audit_provider_disputes (audit_id, payment_intent_id);

create table audit_carrier_labels (
  audit_id            text    not null,
  carrier_shipment_id text    not null,
  reference           text,
  tracking_code       text,
  refund              text,
  -- No shipment and no return had the label when it was read.
  is_unknown          boolean not null,
  primary key (audit_id, carrier_shipment_id)
);
create index audit_carrier_labels_unknown on audit_carrier_labels (audit_id) where is_unknown;

-- The workflows that run, and those that have closed without an order.
create table audit_order_workflows (
  audit_id    text        not null,
  workflow_id text        not null,
  order_id    text        not null,
  kind        text        not null,
  running     boolean     not null,
  started_at  timestamptz not null,
  primary key (audit_id, workflow_id, order_id, running)
);
create index audit_order_workflows_of_order on audit_order_workflows (audit_id, order_id);

-- What the rules have found. What is not found again is deleted.
create table audit_suspects (
  audit_id text    not null,
  rule     text    not null,
  order_id text,
  ids      jsonb   not null,
  detail   text    not null,
  -- Whether it is checked again, and has to be found again.
  rechecks boolean not null default false
);
create unique index audit_suspects_once on audit_suspects (audit_id, rule, coalesce(order_id, ''), ids);
create index audit_suspects_to_recheck on audit_suspects (audit_id, coalesce(order_id, '')) where rechecks;

-- The sums of a level's movements up to `movement_id`, so that an audit does not sum all movements of the shop's life.
create table stock_checkpoints (
  sku              text   not null,
  location_id      text   not null,
  movement_id      bigint not null default 0,
  available        bigint not null default 0,
  held             bigint not null default 0,
  committed        bigint not null default 0,
  unavailable      bigint not null default 0,
  -- Movements up to this one were begun by `next_at`. They are summed when no transaction of that time can still be open.
  next_movement_id bigint not null,
  next_at          timestamptz not null default clock_timestamp(),
  primary key (sku, location_id)
);

-- What an operator has vouched for when a step was skipped or resolved by hand, in minor units. The audit accepts as much, and compares
-- the rest.
alter table payments
  -- Of `captured`, and of `refunded`: paid, and given back, by other means. The provider may have less by as much.
  add column vouched_captured bigint not null default 0,
  add column vouched_refunded bigint not null default 0,
  -- Of what is captured: kept, although it was to go back.
  add column vouched_kept     bigint not null default 0,
  -- Of the authorisation, or of a payment that could still succeed: left at the provider as it was.
  add column vouched_hold     bigint not null default 0;

-- The processes of the version before recorded that an operator had settled the payment, and no amounts.
update payments p
   set vouched_captured = coalesce((select sum(c.amount) from captures c
                                     where c.order_id = p.order_id and c.status = 'resolved'), 0),
       vouched_refunded = refunded,
       vouched_kept = captured - refunded,
       vouched_hold = amount - captured
 where settled_by_hand is not null;
