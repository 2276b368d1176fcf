-- The tables of the checkout: stock, orders, payments, events, mails, messages and webhooks. Amounts are in minor units.
-- Temporal forgets a workflow after its retention period, so every guarantee that must hold longer is a constraint here.

create table stock_items (
  sku         text primary key,
  title       text not null,
  unit_price  bigint not null check (unit_price >= 0),
  currency    text not null check (currency ~ '^[A-Z]{3}$'),
  -- on_hand can be sold, held is reserved for unpaid orders, sold was taken by paid orders.
  on_hand     bigint not null check (on_hand >= 0),
  held        bigint not null default 0 check (held >= 0),
  sold        bigint not null default 0 check (sold >= 0),
  -- Everything that was ever delivered to the shop, net of corrections.
  received    bigint not null,
  low_at      bigint check (low_at >= 0),
  -- The sequence number of the newest stock report that was applied; older reports are ignored.
  sequence    bigint,
  updated_at  timestamptz not null default clock_timestamp(),
  constraint stock_adds_up check (on_hand + held + sold = received)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 1000);

-- Written before the workflow of an order is started, so that the same idempotency key in two processes makes one order, and
-- the same key with another body is refused at once. Claims are kept as long as the orders.
create table order_claims (
  order_id     text primary key,
  request_hash text not null,
  workflow_id  text not null,
  claimed_at   timestamptz not null default clock_timestamp()
);

-- Which status may follow which is checked by a trigger, see functions/order_statuses.sql.
create table orders (
  order_id       text primary key,
  client_id      text not null,
  -- SHA-256 of the request body: the same key with another body is refused for as long as the order is kept.
  request_hash   text not null,
  -- The workflow that owns the order; null: `order/<order_id>`.
  workflow_id    text,
  status         text not null check (status in (
    'placed', 'reserved', 'in_review', 'awaiting_customer', 'payment_unknown', 'paid', 'shipped', 'delivered',
    'closed', 'out_of_stock', 'payment_failed', 'rejected', 'expired', 'cancelled', 'refunded')),
  reason         text,
  currency       text not null,
  total          bigint not null check (total >= 0),
  -- [{sku, title, quantity, unitPrice, total}] at the prices of the moment in which the stock was reserved.
  lines          jsonb not null,
  customer_email text not null,
  customer_name  text,
  shipping       jsonb,
  payment_method text not null,
  -- {reasons, deadline, decision?, note?, decidedAt?} of an order that waited for a reviewer.
  review         jsonb,
  -- Set before money goes back that the order was to be paid with: the order will never become paid. An activity inside a
  -- workflow task may have had its effect without a trace in the workflow's history; the next run of the task sees what has
  -- arrived meanwhile (a cancellation, a refund) and may decide otherwise. This column decides for good.
  abandoned      boolean not null default false,
  -- A paid order that is being cancelled: its money and its goods may not be used for anything else.
  cancelling     boolean not null default false,
  -- The sequence number of the order's newest event.
  last_sequence  integer not null default 0,
  created_at     timestamptz not null,
  reserved_at    timestamptz,
  -- When the order became paid or failed. Response times are measured up to here.
  outcome_at     timestamptz,
  updated_at     timestamptz not null default clock_timestamp()
) with (fillfactor = 80);

-- Lists are always of one client: a client with few orders among millions must not read past the orders of all others.
create index orders_of_client on orders (client_id, created_at desc, order_id desc);
create index orders_of_client_by_status on orders (client_id, status, created_at desc, order_id desc);
create index orders_of_client_by_email on orders (client_id, lower(customer_email), created_at desc, order_id desc);
create index orders_by_outcome on orders (outcome_at) where outcome_at is not null;
create index orders_undecided on orders (created_at) where outcome_at is null;
-- Statistics and audits read the orders since a moment. Those lie together, in the order of their arrival.
create index orders_by_age on orders using brin (created_at) with (autosummarize = on, pages_per_range = 16);

create table reservations (
  order_id text not null references orders,
  sku      text not null references stock_items,
  quantity bigint not null check (quantity > 0),
  state    text not null check (state in ('held', 'consumed', 'released')),
  primary key (order_id, sku)
) with (fillfactor = 80);

create table payments (
  order_id           text not null references orders,
  -- The number of the payment attempt, which is part of the provider's idempotency key.
  attempt            integer not null check (attempt >= 1),
  payment_intent_id  text unique,
  status             text not null check (status in (
    'none', 'requires_action', 'unknown', 'authorized', 'succeeded', 'declined', 'cancelled', 'refunded')),
  currency           text not null,
  amount             bigint not null check (amount >= 0),
  captured           bigint not null default 0,
  refunded           bigint not null default 0,
  -- Authorised and not captured yet.
  capturable         bigint not null default 0 check (capturable >= 0),
  -- When the authorisation expires.
  capture_before     timestamptz,
  decline_code       text,
  client_secret      text,
  next_action_url    text,
  -- 'skip' or 'resolve': an operator settled by other means what the provider would not do.
  settled_by_hand    text,
  -- The payment succeeded when the order no longer waited for it. It does not pay for the order.
  late               boolean not null default false,
  created_at         timestamptz not null default clock_timestamp(),
  updated_at         timestamptz not null default clock_timestamp(),
  primary key (order_id, attempt),
  constraint payments_captured_within_amount check (captured between 0 and amount),
  constraint payments_refunded_within_captured check (refunded between 0 and captured),
  constraint payments_within_amount check (captured + capturable <= amount)
) with (fillfactor = 80);

-- At most one payment of an order keeps money, whatever a provider or a defect says; money that an operator has decided to
-- keep does not count.
create unique index payments_one_captured on payments (order_id) where captured > refunded and settled_by_hand is null;

-- Each row gives money back once: a refund that was 'requested', or the rest of the money by a 'cancellation'. The amount of a
-- 'pending' refund counts as spent, so that all refunds together never exceed what was captured.
create table refunds (
  refund_id         text primary key,
  order_id          text not null references orders,
  -- 1, 2, 3 … within the order.
  number            integer not null check (number >= 1),
  kind              text not null check (kind in ('requested', 'cancellation')),
  attempt           integer not null,
  payment_intent_id text not null,
  amount            bigint not null check (amount > 0),
  reason            text,
  request_hash      text not null,
  status            text not null check (status in ('pending', 'succeeded', 'skipped', 'resolved')),
  created_at        timestamptz not null default clock_timestamp(),
  updated_at        timestamptz not null default clock_timestamp(),
  unique (order_id, number)
);
create index refunds_pending on refunds (order_id) where status = 'pending';

create table captures (
  capture_id   text primary key,
  order_id     text not null references orders,
  amount       bigint not null check (amount > 0),
  final        boolean not null,
  request_hash text not null,
  status       text not null check (status in ('pending', 'succeeded', 'skipped', 'resolved')),
  created_at   timestamptz not null default clock_timestamp(),
  updated_at   timestamptz not null default clock_timestamp()
);
create index captures_by_order on captures (order_id);

-- Steps that have failed for longer than they should. They wait for an operator, and are retried meanwhile.
create table parked_steps (
  order_id    text not null references orders,
  workflow_id text not null,
  step        text not null,
  reason      text not null,
  attempts    integer not null,
  -- What an operator can do: always 'retry'; 'skip' and 'resolve' where the workflow can continue without the step.
  actions     text[] not null,
  since       timestamptz not null default clock_timestamp(),
  primary key (order_id, workflow_id, step)
);

-- `tx` and `position` put the events of all orders into one sequence, see functions/event_feed.sql.
create table order_events (
  order_id    text not null references orders,
  sequence    integer not null check (sequence >= 1),
  type        text not null,
  data        jsonb not null,
  occurred_at timestamptz not null default clock_timestamp(),
  tx          bigint not null,
  position    bigint generated always as identity,
  primary key (order_id, sequence)
);
create index order_events_feed on order_events (tx, position);
-- Events since a moment. A BRIN index of a few bytes is enough, since events are added in the order of time.
create index order_events_by_time on order_events using brin (occurred_at);

-- PostgreSQL numbers its transactions anew in a cluster that a backup is restored into. The offset is added to every number,
-- so that the sequence of events goes on after the restore.
create table event_clock (
  transaction_offset bigint not null,
  singleton          boolean primary key default true check (singleton)
);
insert into event_clock (transaction_offset) values (0);

-- The last event that each destination has received.
create table event_destinations (
  name         text primary key,
  tx           bigint not null,
  position     bigint not null,
  delivered_at timestamptz
);

create table mails (
  order_id   text not null references orders,
  kind       text not null,
  -- Each refund has a mail of its own: the part is the number of the refund. Any other mail has part 1.
  part       integer not null default 1 check (part >= 1),
  message_id text not null unique,
  status     text not null default 'pending' check (status in ('pending', 'sent', 'failed')),
  attempts   integer not null default 0,
  last_error text,
  created_at timestamptz not null default clock_timestamp(),
  sent_at    timestamptz,
  primary key (order_id, kind, part)
) with (fillfactor = 80);
create index mails_newest on mails (created_at);

-- One row for each audit, written when the audit begins and completed once.
create table audits (
  audit_id         text primary key,
  -- Orders placed before this moment were left out; null: every order was checked.
  since            timestamptz,
  started_at       timestamptz not null default clock_timestamp(),
  finished_at      timestamptz,
  -- The number of orders, payments and so on that were checked, up to now while the audit runs.
  checked          jsonb not null default '{}',
  difference_count integer not null default 0,
  -- The first thousand differences: [{rule, orderId?, ids, detail, whatToDo}].
  differences      jsonb not null default '[]'
);
create index audits_newest on audits (started_at desc, audit_id desc);

-- Messages that could not be processed, written before the broker may forget them, and kept for an operator. The id is derived
-- from the message, so that a message that arrives again is the same row.
create table dead_letters (
  dead_letter_id text primary key,
  source         text not null check (source in ('rabbitmq', 'kafka', 'zeromq')),
  -- Where in the broker the message was when it arrived for the first time.
  position       text not null,
  message_id     text,
  type           text,
  content_type   text,
  -- The attributes of a CloudEvent in binary mode.
  attributes     jsonb not null default '{}',
  -- The bytes as they arrived.
  body           bytea not null,
  state          text not null check (state in ('retrying', 'waiting', 'replayed', 'discarded')),
  -- A stable code; its explanation for people; the fields that are wrong.
  reason         text not null,
  detail         text not null,
  errors         jsonb not null default '[]',
  -- How many times the message was tried, and how many times it has arrived.
  attempts       integer not null default 1,
  arrivals       integer not null default 1,
  first_seen_at  timestamptz not null default clock_timestamp(),
  last_seen_at   timestamptz not null default clock_timestamp(),
  -- When the message is tried again. The process that takes it moves this time on, so that no other process takes it too.
  retry_at       timestamptz,
  -- When the message was copied to the dead-letter queue or topic of its broker.
  published_at   timestamptz,
  settled_at     timestamptz,
  -- The result of a replay, or the note of the operator who discarded the message.
  order_id       text,
  note           text,
  constraint dead_letters_retry_at_while_retrying check ((state = 'retrying') = (retry_at is not null))
);
create index dead_letters_newest on dead_letters (first_seen_at desc, dead_letter_id desc);
create index dead_letters_waiting on dead_letters (first_seen_at, dead_letter_id) where state = 'waiting';
create index dead_letters_due on dead_letters (retry_at) where state = 'retrying';
create index dead_letters_unpublished on dead_letters (source, first_seen_at) where state = 'waiting' and published_at is null;

-- Subscribers by webhook. What is sent to them is in order_events; these tables hold to whom, and with which result.
create table webhook_endpoints (
  endpoint_id      text primary key,
  url              text not null,
  -- The types of events that are sent; none: all of them.
  events           text[] not null default '{}',
  description      text,
  -- The address that is notified when the endpoint is disabled or removed automatically.
  contact          text,
  state            text not null default 'enabled' check (state in ('enabled', 'disabled', 'removed')),
  -- Why the endpoint is not enabled: it has failed for too long, it has answered 410, or somebody has asked for it.
  state_reason     text check (state_reason in ('failing', 'gone', 'asked')),
  state_since      timestamptz not null default clock_timestamp(),
  -- Whether the contact was notified of the state; null: there is nothing to notify the contact of.
  contact_notified boolean,
  -- The first failure since the last success.
  failing_since    timestamptz,
  created_at       timestamptz not null default clock_timestamp(),
  updated_at       timestamptz not null default clock_timestamp(),
  constraint webhook_endpoints_reason_unless_enabled check ((state = 'enabled') = (state_reason is null))
);
-- A second endpoint of the same URL would receive every event twice.
create unique index webhook_endpoints_url on webhook_endpoints (url) where state <> 'removed';
create index webhook_endpoints_newest on webhook_endpoints (created_at desc, endpoint_id desc);
create index webhook_endpoints_unnotified on webhook_endpoints (endpoint_id) where contact_notified = false;

-- While a secret is being replaced there are two, and every request is signed with both.
create table webhook_secrets (
  endpoint_id text not null references webhook_endpoints,
  secret      text not null,
  created_at  timestamptz not null default clock_timestamp(),
  -- Null: the newest secret, which does not expire.
  expires_at  timestamptz,
  primary key (endpoint_id, secret)
);

-- One event for one endpoint.
create table webhook_deliveries (
  delivery_id     text primary key,
  endpoint_id     text not null references webhook_endpoints,
  order_id        text not null,
  sequence        integer not null,
  type            text not null,
  state           text not null default 'pending' check (state in ('pending', 'delivered', 'failed')),
  -- Why the delivery has failed for good.
  reason          text,
  attempts        integer not null default 0,
  -- When the present series of attempts began, and how many attempts there were before it. A delivery that is sent again
  -- begins a new series.
  since           timestamptz not null default clock_timestamp(),
  tried_before    integer not null default 0,
  -- Null: the delivery was not handed to Temporal yet.
  started_at      timestamptz,
  next_attempt_at timestamptz,
  created_at      timestamptz not null default clock_timestamp(),
  settled_at      timestamptz,
  unique (endpoint_id, order_id, sequence),
  foreign key (order_id, sequence) references order_events
) with (fillfactor = 70);
create index webhook_deliveries_newest on webhook_deliveries (endpoint_id, created_at desc, delivery_id desc);
create index webhook_deliveries_failed on webhook_deliveries (endpoint_id, created_at desc, delivery_id desc) where state = 'failed';
create index webhook_deliveries_waiting on webhook_deliveries (endpoint_id, since) where state = 'pending' and started_at is null;
create index webhook_deliveries_untried on webhook_deliveries (endpoint_id) where state = 'pending' and started_at is not null and attempts = tried_before;
create index webhook_deliveries_overdue on webhook_deliveries (coalesce(next_attempt_at, started_at)) where state = 'pending' and started_at is not null;
create index webhook_deliveries_settled on webhook_deliveries (settled_at) where state <> 'pending';

create table webhook_attempts (
  delivery_id text not null references webhook_deliveries on delete cascade,
  attempt     integer not null,
  started_at  timestamptz not null,
  duration_ms integer not null,
  -- The headers of the request, and the answer. Without an answer `status` is null, and `error` says why.
  headers     jsonb not null,
  status      integer,
  answer      text,
  error       text,
  primary key (delivery_id, attempt)
);

-- The hash of each file of functions and triggers that was applied last, and the release that it belongs to. A file is applied again
-- when its hash has changed, but never by an older release than the one that has applied it.
create table function_sources (
  file       text primary key,
  hash       text not null,
  release    text not null,
  applied_at timestamptz not null default clock_timestamp()
);
