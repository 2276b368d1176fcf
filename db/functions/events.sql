-- The events of orders. Each change of an order writes its event in the same transaction.

create or replace function order_event_type(p_name text) returns text language sql immutable as $$
  select 'com.durable-checkout.order.' || p_name || '.v1';
$$;

-- Who has caused an event, an operation or a movement, as JSON: see `Actor` in src/contracts/actor.ts.
create or replace function client_actor(p_client_id text) returns jsonb language sql stable as $$
  select jsonb_build_object('type', 'client', 'id', p_client_id);
$$;

-- From here to the end of the transaction, or to the next call, what is written into events, movements of stock and operations was caused by
-- this actor, for this reason: the defaults of their columns read it. Null: by this service itself, and for no reason that somebody gave.
-- A function that works for several callers calls it for each of them.
create or replace function act_as(p_actor jsonb, p_reason text default null) returns void language plpgsql as $$
begin
  perform set_config('durable_checkout.actor', coalesce(nullif(p_actor, 'null')::text, ''), true),
          set_config('durable_checkout.reason', coalesce(p_reason, ''), true);
end $$;

-- What was found at the payment provider was done by it, or by somebody there.
create or replace function act_as_provider() returns void language sql as $$
  select act_as('{"type": "provider"}');
$$;

-- An operation is settled: by who has asked for it, or with another status than 'succeeded' by the operator who has ended its step last.
create or replace function act_for_settlement(p_order_id text, p_status text, p_actor jsonb, p_reason text) returns void language plpgsql as $$
declare
  v_ended order_events;
begin
  if p_status = 'succeeded' then
    perform act_as(p_actor, p_reason);
    return;
  end if;
  select * into v_ended from order_events
   where order_id = p_order_id and type in (order_event_type('attention_skip'), order_event_type('attention_resolve'))
   order by sequence desc limit 1;
  perform act_as(v_ended.actor, v_ended.reason);
end $$;

-- Appends one event to each of the orders. p_data: members that only this type of event has. Its actor: see `act_as`.
-- The caller holds the locks of the orders, which makes the sequence numbers of an order gapless. The reason of a cancelled order
-- is text that a person has typed, which is not published; any other reason is a code.
create or replace function append_order_event(p_order_ids text[], p_type text, p_data jsonb default '{}') returns void language sql as $$
  with numbered as (
    update orders
       set last_sequence = last_sequence + 1, updated_at = clock_timestamp()
     where order_id = any(p_order_ids)
    returning order_id, last_sequence, status, reason, total, currency
  )
  insert into order_events (order_id, sequence, type, data)
  select order_id, last_sequence, order_event_type(p_type),
         jsonb_strip_nulls(jsonb_build_object('status', status, 'reason', case when status <> 'cancelled' then reason end,
                                              'total', total, 'currency', currency) || p_data)
    from numbered
   order by order_id;
$$;

-- Wakes the processes that follow the events (waiting callers, event streams, the relay) when the change is committed. Not called for
-- events that were inserted while another transaction was about to notify: `number_order_events` notifies of them.
create or replace function announce_order_event() returns trigger language plpgsql as $$
begin
  perform pg_notify('order_events', concat_ws(' ', new.order_id, new.sequence, new.data ->> 'status'));
  return null;
end $$;
