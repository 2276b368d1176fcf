-- The event feed: the events of all orders in one sequence, by (tx, position). An event is inserted without `tx`. Whoever reads the
-- feed first gives all events that are committed by then the next `tx`, a tick, under a lock. So a reader that sees a tick sees all
-- of it and everything before it, and a transaction that stays open delays only its own events.
-- `position` is drawn when the row is written, and puts the events of one tick in order. Within an order that is the order of
-- `sequence`: the next event of an order is written after the previous one has committed, or later in the same transaction.

-- Events that have no tick, the oldest first. p_since: the snapshot of the last tick. Only what became visible after it is looked at,
-- by the transaction that inserted it: while a transaction is open, PostgreSQL cannot remove the old versions of the events that were
-- given a tick meanwhile, and each search would read all of them again. Null: looks at all events that have no tick.
create or replace function unnumbered_order_events(p_since pg_snapshot, p_limit integer)
  returns table (order_id text, sequence integer) language plpgsql stable
  set enable_seqscan = off
as $$
begin
  if p_since is null then
    return query select e.order_id, e.sequence from order_events e where e.tx is null order by e.position limit p_limit;
  else
    return query
      select n.order_id, n.sequence
        from (select e.order_id, e.sequence, e.position from order_events e
               where coalesce(e.tx, -1) = -1 and e.inserted_by >= pg_snapshot_xmax(p_since)
              union all
              select e.order_id, e.sequence, e.position from order_events e
               where coalesce(e.tx, -1) = -1 and e.inserted_by = any(array(select pg_snapshot_xip(p_since)))) n
       order by n.position limit p_limit;
  end if;
end $$;

-- Gives committed events that have no tick the next one, at most p_limit of them, and returns how many there were. p_all: does not
-- rely on the snapshot of the last tick. A tick is a time in microseconds, but always greater than the last one: so it is also
-- greater than every tick that was given out before a backup was restored, and a reader that has a cursor from then misses nothing.
create or replace function number_order_events(p_all boolean default false, p_limit integer default 5000) returns integer
  language plpgsql set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  v_last  event_ticks;
  v_since pg_snapshot;
  v_next  bigint;
  v_count integer;
  v_notified integer;
begin
  select * into strict v_last from event_ticks order by tick desc limit 1;
  -- Transactions are numbered anew in a cluster into which a backup is restored. Nothing is known then about what was visible.
  if not p_all and pg_snapshot_xmax(v_last.snapshot) <= pg_snapshot_xmax(pg_current_snapshot()) then
    v_since := v_last.snapshot;
  end if;
  -- Without the lock, since most calls find nothing.
  if not exists (select from unnumbered_order_events(v_since, 1)) then
    return 0;
  end if;
  perform pg_advisory_xact_lock(hashtextextended('durable-checkout event ticks', 0));
  select * into strict v_last from event_ticks order by tick desc limit 1;
  if v_since is not null then
    v_since := v_last.snapshot;
  end if;
  -- Also greater than what a destination has, whose position may be from later than the events if only some tables were restored.
  v_next := greatest(v_last.tick + 1, (select max(tx) + 1 from event_destinations),
                     (extract(epoch from clock_timestamp()) * 1000000)::bigint);
  -- One statement, so that the snapshot of the tick is that by which its events were found.
  with found as materialized (
    select * from unnumbered_order_events(v_since, p_limit)
  ), numbered as (
    update order_events e set tx = v_next from found f where e.order_id = f.order_id and e.sequence = f.sequence
    returning e.position, e.order_id, e.sequence, e.data, e.announced
  ), notified as (
    -- Of events of which their own transactions did not notify.
    select pg_notify('order_events', concat_ws(' ', order_id, sequence, data ->> 'status'))
      from (select * from numbered where announced = false order by position) n
  ), ticked as (
    -- What is left over is found again by the same snapshot. The key changes, so the newest row is always the first one of the index.
    update event_ticks t
       set tick = v_next, snapshot = case when (select count(*) from found) < p_limit then pg_current_snapshot() else t.snapshot end
     where t.tick = v_last.tick and exists (select from found)
  )
  select (select count(*) from numbered), (select count(*) from notified) into v_count, v_notified;
  return v_count;
end $$;

-- Called by every process that listens, some milliseconds after a notification, to find events of which their own transactions did not
-- notify: `number_order_events` does, which gives all events their tick. Where there are none, a tick is given at most every
-- p_interval_ms: each one is a commit, and under load there would be one for every few events. Returns how many events were given a tick,
-- or null: some may wait for it, and the caller has to look again after that time at the latest. Safe to call at any time.
create or replace function look_at_order_events(p_interval_ms integer) returns integer language plpgsql
  set enable_seqscan = off
as $$
declare
  v_last event_ticks;
  v_age  bigint;  -- of the last tick, in microseconds
begin
  select * into strict v_last from event_ticks order by tick desc limit 1;
  -- Less than nothing, where the last tick is later than the clock.
  v_age := (extract(epoch from clock_timestamp()) * 1000000)::bigint - v_last.tick;
  if v_age between 0 and p_interval_ms * 1000::bigint - 1
     -- Where numbers of transactions have gone back, see `number_order_events`.
     and pg_snapshot_xmax(v_last.snapshot) <= pg_snapshot_xmax(pg_current_snapshot())
     -- As `unnumbered_order_events` finds them.
     and not exists (select from order_events e
                      where e.announced = false and coalesce(e.tx, -1) = -1
                        and e.inserted_by >= pg_snapshot_xmax(v_last.snapshot))
     and not exists (select from order_events e
                      where e.announced = false and coalesce(e.tx, -1) = -1
                        and e.inserted_by = any(array(select pg_snapshot_xip(v_last.snapshot))))
  then
    return null;
  end if;
  return number_order_events();
end $$;

-- The first `tx` that an event may get which is not committed yet.
create or replace function event_feed_end() returns bigint language plpgsql as $$
begin
  while number_order_events(p_all => true) > 0 loop
  end loop;
  return (select tick + 1 from event_ticks order by tick desc limit 1);
end $$;

-- Called by processes of 0.2 in every read of the feed, and when they add a destination: all events with a lower `tx` are visible.
-- `stable`, so that it is called once in each read.
create or replace function event_clock_horizon() returns bigint language plpgsql stable as $$
begin
  perform number_order_events();
  return (select tick + 1 from event_ticks order by tick desc limit 1);
end $$;

-- Called by processes of 0.2 when a relay starts.
create or replace function advance_event_clock() returns void language sql as $$
  select event_feed_end();
$$;

-- Called when a relay starts. Returns whether this is another database than the one in which a relay started last: another cluster or
-- database, into which a backup was restored, or another timeline, as after a recovery to an earlier time or a failover. Then
-- destinations may have received events that it does not have.
create or replace function recognise_database() returns boolean language plpgsql as $$
declare
  v_database text := concat_ws('/', (select system_identifier from pg_control_system()),
                               (select oid from pg_database where datname = current_database()),
                               left(pg_walfile_name(pg_current_wal_lsn()), 8));
  v_changed  boolean;
begin
  update event_ticks
     set database = v_database, database_changed_at = case when database is null then database_changed_at else clock_timestamp() end
   where database is distinct from v_database
  returning old.database is not null into v_changed;
  return coalesce(v_changed, false);
end $$;
