-- Subscribers by webhook. What is sent to them is told in order_events; here is to whom, and how it went.

create table webhook_endpoints (
  endpoint_id   text primary key,
  url           text not null,
  -- Types of events; none: all of them.
  events        text[] not null default '{}',
  description   text,
  -- Who is written to when it is disabled or removed by itself.
  contact       text,
  state         text not null default 'enabled' check (state in ('enabled', 'disabled', 'removed')),
  -- Why it is not enabled: it has failed for too long, it has answered 410, or somebody has asked for it.
  state_reason  text check (state_reason in ('failing', 'gone', 'asked')),
  state_since   timestamptz not null default clock_timestamp(),
  -- Whether the contact has been told of it; null: there is nothing to be told.
  told          boolean,
  -- The first failure since its last success.
  failing_since timestamptz,
  created_at    timestamptz not null default clock_timestamp(),
  updated_at    timestamptz not null default clock_timestamp(),
  check ((state = 'enabled') = (state_reason is null))
);
-- Registered twice, it is one: everything would arrive twice.
create unique index webhook_endpoints_url on webhook_endpoints (url) where state <> 'removed';
create index webhook_endpoints_newest on webhook_endpoints (created_at desc, endpoint_id desc);
create index webhook_endpoints_untold on webhook_endpoints (endpoint_id) where told = false;

-- While a secret is replaced there are two, and what is sent is signed with both.
create table webhook_secrets (
  endpoint_id text not null references webhook_endpoints,
  secret      text not null,
  created_at  timestamptz not null default clock_timestamp(),
  -- Null: the newest, which does not end.
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
  -- Why it has failed for good.
  reason          text,
  attempts        integer not null default 0,
  -- Since when it is tried, and how often it had been before; later than created_at where it was asked for again.
  since           timestamptz not null default clock_timestamp(),
  tried_before    integer not null default 0,
  -- Null: Temporal has not got it yet.
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
  -- The request's headers, and the answer: null where there was none, and `error` says why.
  headers     jsonb not null,
  status      integer,
  answer      text,
  error       text,
  primary key (delivery_id, attempt)
);

-- For events since a time: few bytes, since events are added in the order of time.
create index order_events_by_time on order_events using brin (occurred_at);
