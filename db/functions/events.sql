-- The events of orders. Each change of an order writes its event in the same transaction.

create or replace function order_event_type(p_name text) returns text language sql immutable as $$
  select 'com.durable-checkout.order.' || p_name || '.v1';
$$;

-- Appends one event to each of the orders. p_data: members that only this type of event has.
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
