-- Which rows are deleted when they are old enough, see functions/retention.sql, and what came of it.
create table retention_runs (
  kind        text primary key,
  -- From then on a process may begin the next run.
  next_run_at timestamptz not null default '-infinity',
  -- When the last run was complete.
  last_run_at timestamptz,
  -- Rows that were ever deleted.
  deleted     bigint not null default 0,
  -- Up to where the feed of events was looked at, for kinds that follow it.
  tx          bigint not null default 0,
  position    bigint not null default 0
);
insert into retention_runs (kind)
values ('dead_letters'), ('audits'), ('order_claims'), ('webhook_deliveries'), ('stock_alerts'), ('stock_subscriptions');

-- In which database the feed was read last, and when that was found to be another one than before: a restored backup, or a standby.
alter table event_ticks
  add column database            text,
  add column database_changed_at timestamptz;

-- Whether the transaction that has inserted the event notifies the listeners. One transaction at a time does, because PostgreSQL commits
-- transactions that notify one after the other; the others leave it to whoever gives their events a position. Null: an event from before.
alter table order_events add column announced boolean;
alter table order_events
  alter column announced set default pg_try_advisory_xact_lock(hashtextextended('durable-checkout announcements', 0));
