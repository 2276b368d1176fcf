-- Until when a process may publish the dead letter to the dead-letter queue or topic of its broker. Null: no process is doing it.
alter table dead_letters add column publish_lease_until timestamptz;

-- `tx` is given to an event after it is committed, see functions/event_feed.sql. The lock that this takes waits for all transactions
-- that have inserted events: events without `tx` are later than all that have one.
drop trigger if exists assign_event_transaction on order_events;
drop function if exists assign_event_transaction();
drop function if exists event_clock_now();
alter table order_events alter column tx drop not null;
-- The transaction that has inserted the event. Null: an event from before.
alter table order_events add column inserted_by xid8;
alter table order_events alter column inserted_by set default pg_current_xact_id();
-- Each event is updated once, so the old version of each row is removed before the table has grown by much.
alter table order_events set (autovacuum_vacuum_scale_factor = 0.05);

-- One row: the last `tx` that was given to events, and which transactions were visible then.
create table event_ticks (
  tick     bigint primary key,
  snapshot pg_snapshot not null
);
-- Not lower than any `tx` of an event, or of a destination that was to begin at the end of the feed.
insert into event_ticks (tick, snapshot)
select greatest((select max(tx) from order_events), (select max(tx) from event_destinations),
                pg_current_xact_id()::text::bigint + transaction_offset), pg_current_snapshot()
  from event_clock;
