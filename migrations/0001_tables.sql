-- The shop's own memory: stock, orders, money records, events and mails.
-- Amounts are in minor units. Every Temporal guarantee is backed by a constraint here, since Temporal forgets.

create table stock_items (
  sku         text primary key,
  title       text not null,
  unit_price  bigint not null check (unit_price >= 0),
  currency    text not null check (currency ~ '^[A-Z]{3}$'),
  -- What can still be sold; what is held for orders being paid; what paid orders took.
  on_hand     bigint not null check (on_hand >= 0),
  held        bigint not null default 0 check (held >= 0),
  sold        bigint not null default 0 check (sold >= 0),
  -- Everything that ever came in, net of corrections.
  received    bigint not null,
  low_at      bigint check (low_at >= 0),
  -- The newest stock message that was applied; older ones are ignored.
  sequence    bigint,
  updated_at  timestamptz not null default clock_timestamp(),
  constraint stock_adds_up check (on_hand + held + sold = received)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 1000);

create table orders (
  order_id       text primary key,
  client_id      text not null,
  -- SHA-256 of the body, so that the same key with another body is refused for ever.
  request_hash   text not null,
  status         text not null check (status in (
    'placed', 'reserved', 'in_review', 'awaiting_customer', 'payment_unknown', 'paid', 'shipped', 'delivered',
    'closed', 'out_of_stock', 'payment_failed', 'rejected', 'expired', 'cancelled', 'refunded')),
  reason         text,
  currency       text not null,
  total          bigint not null check (total >= 0),
  -- [{sku, title, quantity, unitPrice, total}] as priced when the stock was reserved.
  lines          jsonb not null,
  customer_email text not null,
  customer_name  text,
  shipping       jsonb,
  payment_method text not null,
  -- {step, reason, attempts, since} while the order waits for an operator.
  attention      jsonb,
  last_sequence  integer not null default 0,
  created_at     timestamptz not null,
  reserved_at    timestamptz,
  -- When the order became paid or failed: what response times are measured to.
  outcome_at     timestamptz,
  updated_at     timestamptz not null default clock_timestamp()
) with (fillfactor = 80);

create index orders_newest on orders (created_at desc, order_id desc);
create index orders_by_status on orders (status, created_at desc, order_id desc);
create index orders_by_email on orders (lower(customer_email), created_at desc, order_id desc);
create index orders_by_outcome on orders (outcome_at) where outcome_at is not null;
create index orders_undecided on orders (created_at) where outcome_at is null;
create index orders_parked on orders (order_id) where attention is not null;

create table reservations (
  order_id text not null references orders,
  sku      text not null references stock_items,
  quantity bigint not null check (quantity > 0),
  state    text not null check (state in ('held', 'consumed', 'released')),
  primary key (order_id, sku)
) with (fillfactor = 80);

create table payments (
  order_id           text not null references orders,
  -- The number of the payment try, which is part of the provider's idempotency key.
  attempt            integer not null check (attempt >= 1),
  payment_intent_id  text unique,
  status             text not null check (status in (
    'none', 'requires_action', 'unknown', 'succeeded', 'declined', 'cancelled', 'refunded')),
  currency           text not null,
  amount             bigint not null check (amount >= 0),
  captured           bigint not null default 0 check (captured between 0 and amount),
  refunded           bigint not null default 0 check (refunded between 0 and captured),
  decline_code       text,
  client_secret      text,
  next_action_url    text,
  created_at         timestamptz not null default clock_timestamp(),
  updated_at         timestamptz not null default clock_timestamp(),
  primary key (order_id, attempt)
) with (fillfactor = 80);

-- At most one payment that keeps money, whatever a provider or a bug says.
create unique index payments_one_captured on payments (order_id) where captured > refunded;

create table order_events (
  order_id    text not null references orders,
  sequence    integer not null check (sequence >= 1),
  type        text not null,
  data        jsonb not null,
  occurred_at timestamptz not null default clock_timestamp(),
  position    bigint generated always as identity,
  primary key (order_id, sequence)
);

create table mails (
  order_id   text not null references orders,
  kind       text not null,
  message_id text not null unique,
  status     text not null default 'pending' check (status in ('pending', 'sent', 'failed')),
  attempts   integer not null default 0,
  last_error text,
  created_at timestamptz not null default clock_timestamp(),
  sent_at    timestamptz,
  primary key (order_id, kind)
) with (fillfactor = 80);

-- Wakes whoever follows the events (waiting callers, live feeds) in the moment the change is committed.
create function announce_order_event() returns trigger language plpgsql as $$
begin
  perform pg_notify('order_events', concat_ws(' ', new.order_id, new.sequence, new.data ->> 'status'));
  return null;
end $$;

create trigger announce_order_event after insert on order_events
  for each row execute function announce_order_event();
