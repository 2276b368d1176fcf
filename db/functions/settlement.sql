-- The payment of an order and its end: paid, waiting, or failed.

-- The orders become paid: reservation settled, payment recorded, status and event, in one transaction. An order that is decided
-- already or was abandoned is not changed, and is returned as it is.
-- p_payments: [{orderId, epoch?, payment: {attempt, status: 'succeeded', paymentIntentId, captured, …}}]
create or replace function confirm_orders(p_payments jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_ids  text[] := order_ids(p_payments);
  v_open text[] := lock_open_orders(v_ids);
begin
  perform require_carrier(p_payments);
  v_open := array(select order_id from orders where order_id = any(v_open) and not abandoned order by order_id);
  if v_open <> '{}' then
    perform settle_reservations(v_open, 'committed');
    perform record_payments(items_of_orders(p_payments, v_open));
    -- One update instead of two, as `append_order_event` would make it: an order is in many indexes, and every order comes here.
    with paid as (
      update orders
         set status = 'paid', outcome_at = clock_timestamp(), last_sequence = last_sequence + 1, updated_at = clock_timestamp()
       where order_id = any(v_open)
      returning order_id, last_sequence, status, reason, total, currency
    )
    insert into order_events (order_id, sequence, type, data)
    select order_id, last_sequence, order_event_type(status),
           jsonb_strip_nulls(jsonb_build_object('status', status, 'reason', reason, 'total', total, 'currency', currency))
      from paid
     order by order_id;
  end if;
  return order_results(v_ids);
end $$;

-- From here on none of these orders becomes paid, unless it is paid already. p_orders: [{orderId, epoch?}]. Returns what the orders are.
create or replace function abandon_orders(p_orders jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_ids  text[] := order_ids(p_orders);
  v_open text[] := lock_open_orders(v_ids);
begin
  perform require_carrier(p_orders);
  update orders set abandoned = true where order_id = any(v_open);
  return order_results(v_ids);
end $$;

-- The orders wait: status 'awaiting_customer' or 'payment_unknown'. Recorded twice, it is one event.
-- p_updates: [{orderId, epoch?, status, payment}]
create or replace function record_waiting(p_updates jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_ids    text[] := order_ids(p_updates);
  v_open   text[] := lock_open_orders(v_ids);
  v_status text;
  v_moved  text[];
begin
  perform require_carrier(p_updates);
  perform record_payments(items_of_orders(p_updates, v_open));
  for v_status in select distinct u ->> 'status' from jsonb_array_elements(p_updates) u order by 1 loop
    with moved as (
      update orders set status = v_status
       where order_id = any(v_open) and status <> v_status
         and order_id in (select u ->> 'orderId' from jsonb_array_elements(p_updates) u where u ->> 'status' = v_status)
      returning order_id
    )
    select coalesce(array_agg(order_id), '{}') into v_moved from moved;
    perform append_order_event(v_moved, v_status);
  end loop;
  return order_results(v_ids);
end $$;

-- Ends orders without payment: stock released, state of the payment recorded, status and event, in one transaction. An order that
-- was never reserved is inserted in the status that it ends in, so that a reservation that arrives later does nothing. An order that
-- has ended or is paid already is not changed, and is returned as it is; but a payment of an ended order that is not known yet is
-- recorded: a worker that was frozen in the middle of a cancellation may end the order when it resumes, while another worker has
-- charged the order in the meantime and gives the money back.
-- p_releases: [{orderId, epoch?, status, reason, payment, order: {orderId, clientId, requestHash, placedAt, traceparent?, request}}]
create or replace function release_stock(p_releases jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_ids     text[] := order_ids(p_releases);
  v_new     text[];
  v_open    text[];
  v_status  text;
  v_some    text[];
  v_results jsonb;
begin
  with inserted as (
    insert into orders (order_id, client_id, request_hash, status, currency, total, lines, customer_email,
                        customer_name, shipping, locale, payment_method, created_at, traceparent)
    select r ->> 'orderId', o ->> 'clientId', o ->> 'requestHash', 'placed', o -> 'request' ->> 'currency', 0, '[]',
           o -> 'request' -> 'customer' ->> 'email', o -> 'request' -> 'customer' ->> 'name',
           o -> 'request' -> 'shipping', o -> 'request' ->> 'locale', o -> 'request' -> 'payment' ->> 'method',
           (o ->> 'placedAt')::timestamptz, o ->> 'traceparent'
      from jsonb_array_elements(p_releases) r, lateral (select r -> 'order' as o) x
     where not exists (select 1 from orders known where known.order_id = r ->> 'orderId')
     order by 1
    on conflict (order_id) do nothing
    returning order_id
  )
  select coalesce(array_agg(order_id), '{}') into v_new from inserted;
  perform append_order_event(v_new, 'placed');

  v_open := lock_open_orders(v_ids);
  perform require_carrier(p_releases);
  perform settle_reservations(v_open, 'released');
  perform record_payments(items_of_orders(p_releases, v_open));
  for v_status in select distinct r ->> 'status' from jsonb_array_elements(p_releases) r order by 1 loop
    with ended as (
      update orders o set status = v_status, reason = r ->> 'reason', outcome_at = clock_timestamp()
        from jsonb_array_elements(p_releases) r
       where o.order_id = r ->> 'orderId' and o.order_id = any(v_open) and r ->> 'status' = v_status
      returning o.order_id
    )
    select coalesce(array_agg(order_id), '{}') into v_some from ended;
    perform append_order_event(v_some, v_status);
  end loop;
  v_results := order_results(v_ids);

  perform record_payments((
    select jsonb_agg(r)
      from jsonb_array_elements(p_releases) r
      join orders o on o.order_id = r ->> 'orderId'
     where r -> 'payment' ->> 'paymentIntentId' is not null
       and o.status = any(failed_order_statuses())
       and not exists (select 1 from payments p
                        where p.order_id = o.order_id and p.payment_intent_id = r -> 'payment' ->> 'paymentIntentId')));
  return v_results;
end $$;
