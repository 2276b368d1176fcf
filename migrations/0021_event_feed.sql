-- The feed: all events in one order, in which they are told outside. Numbers that are drawn when a row is written do not do: a
-- transaction that drew a lower one may commit later, and whoever has read past it would never see it.

-- An event stands where its transaction began, but never before an earlier event of its order. What is older than every
-- transaction that still runs is therefore complete.
alter table order_events add column tx bigint not null default 0;
alter table order_events alter column tx drop default;
create index order_events_feed on order_events (tx, position);

-- Transactions are numbered anew in a cluster that a backup is restored into. `ahead` is added, so that the feed goes on.
create table event_clock (
  ahead    bigint not null,
  the_only boolean primary key default true check (the_only)
);
insert into event_clock (ahead) values (0);

create function event_clock_now() returns bigint language sql as $$
  select pg_current_xact_id()::text::bigint + ahead from event_clock;
$$;

-- Everything in the feed below it is there to be seen.
create function event_clock_horizon() returns bigint language sql stable as $$
  select pg_snapshot_xmin(pg_current_snapshot())::text::bigint + ahead from event_clock;
$$;

-- Run when a relay begins: does nothing but where the numbers have gone back.
create function keep_event_clock_ahead() returns void language sql as $$
  update event_clock set ahead = ahead + behind.by
    from (select max(tx) - event_clock_now() + 1 as by from order_events) behind
   where behind.by > 1;
$$;

create function place_in_feed() returns trigger language plpgsql as $$
begin
  new.tx := event_clock_now();
  if new.sequence > 1 then
    new.tx := greatest(new.tx, (select tx from order_events
                                 where order_id = new.order_id and sequence = new.sequence - 1));
  end if;
  return new;
end $$;

create trigger place_order_event before insert on order_events
  for each row execute function place_in_feed();

-- How far each destination has been brought.
create table event_destinations (
  name         text primary key,
  tx           bigint not null,
  position     bigint not null,
  delivered_at timestamptz
);
