-- Batches: one action of an operator on many orders, which a workflow carries.
create table batches (
  batch_id       text primary key,
  -- The orders of this client only.
  client_id      text not null,
  -- The key that made the batch, and the session of the board. Null: the request had an API key instead of a session.
  key_id         text not null,
  session_id     text,
  request_hash   text not null,
  action         text not null check (action in ('retry', 'skip', 'resolve', 'approve', 'reject', 'cancel', 'refund', 'capture')),
  -- Of a parked step: its name without what follows the first space, and the code of its reason. Null: any.
  step           text,
  code           text,
  -- How the orders were chosen: {query: {…}}, {orderIds: n} or {batchId, outcome}. Without personal data.
  source         jsonb not null,
  state          text not null default 'planned' check (state in ('planned', 'running', 'stopping', 'stopped', 'done')),
  stop_cause     text check (stop_cause in ('operator', 'failures', 'workflow_ended')),
  note           text,
  started_by     jsonb,
  stopped_by     jsonb,
  failures_in_row integer not null default 0,
  created_at     timestamptz not null default clock_timestamp(),
  planned_at     timestamptz not null default clock_timestamp(),
  started_at     timestamptz,
  ended_at       timestamptz
);
create index batches_of_client on batches (client_id, created_at desc, batch_id desc);
create index batches_open on batches (started_at) where state in ('running', 'stopping');
create index batches_ended on batches (coalesce(ended_at, created_at)) where state in ('planned', 'stopped', 'done');

-- The orders of a batch, as they were when it was planned, and what became of each.
create table batch_items (
  batch_id    text not null references batches on delete cascade,
  number      integer not null,
  order_id    text not null,
  -- 'pending': would go, or is still to come. 'running': begun, and the result is not recorded.
  outcome     text not null check (outcome in ('pending', 'running', 'done', 'failed', 'left_out')),
  -- A stable code: why it was left out, or has failed.
  reason      text,
  detail      text,
  status      text,
  -- The parked step that the action is about, its workflow, and its attempts when the item was begun.
  step        text,
  workflow_id text,
  attempts    integer,
  -- Minor units: what leaves the shop, and what comes in.
  money_out   bigint,
  money_in    bigint,
  currency    text,
  mails       integer not null default 0,
  begun_at    timestamptz,
  settled_at  timestamptz,
  primary key (batch_id, number),
  unique (batch_id, order_id)
);
create index batch_items_by_outcome on batch_items (batch_id, outcome, number);

insert into retention_runs (kind) values ('batches');
