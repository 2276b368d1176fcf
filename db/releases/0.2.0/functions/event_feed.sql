-- The event feed: the events of all orders in one sequence, by (tx, position). `position` alone would not do: it is drawn when a
-- row is written, and a transaction that drew a lower number may commit later, when a reader has already read past it.
-- An event is placed at its transaction, but never before an earlier event of its order. The events of all transactions that are
-- older than the oldest running one are therefore complete.

-- The number of the current transaction.
create or replace function event_clock_now() returns bigint language sql as $$
  select pg_current_xact_id()::text::bigint + transaction_offset from event_clock;
$$;

-- All events with a lower `tx` are visible.
create or replace function event_clock_horizon() returns bigint language sql stable as $$
  select pg_snapshot_xmin(pg_current_snapshot())::text::bigint + transaction_offset from event_clock;
$$;

-- Called when a relay starts. Changes the offset only where the numbers of the transactions have gone back, as after the restore
-- of a backup into another cluster.
create or replace function advance_event_clock() returns void language sql as $$
  update event_clock set transaction_offset = transaction_offset + behind.by
    from (select max(tx) - event_clock_now() + 1 as by from order_events) behind
   where behind.by > 1;
$$;

create or replace function assign_event_transaction() returns trigger language plpgsql as $$
begin
  new.tx := event_clock_now();
  if new.sequence > 1 then
    new.tx := greatest(new.tx, (select tx from order_events
                                 where order_id = new.order_id and sequence = new.sequence - 1));
  end if;
  return new;
end $$;
