-- Moves reservations and their stock in one go: 'consumed' when the orders are paid, 'released' when they failed.
-- The caller holds the rows of the orders. Items are locked in the order of their SKU.
create function settle_reservations(p_order_ids text[], p_state text) returns void language plpgsql as $$
begin
  perform 1 from stock_items
    where sku in (select sku from reservations where order_id = any(p_order_ids) and state = 'held')
    order by sku for update;
  with settled as (
    update reservations set state = p_state
     where order_id = any(p_order_ids) and state = 'held'
    returning sku, quantity
  ), moved as (
    select sku, sum(quantity) as quantity from settled group by sku
  )
  update stock_items i
     set held = i.held - m.quantity,
         sold = i.sold + case when p_state = 'consumed' then m.quantity else 0 end,
         on_hand = i.on_hand + case when p_state = 'released' then m.quantity else 0 end,
         updated_at = clock_timestamp()
    from moved m
   where i.sku = m.sku;
end $$;

-- What each of the orders is now, in the order in which it was asked for.
create function order_answers(p_order_ids text[]) returns jsonb language sql as $$
  select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('orderId', asked.id, 'status', o.status,
           'reason', o.reason, 'total', o.total, 'currency', o.currency)) order by asked.n), '[]')
    from unnest(p_order_ids) with ordinality asked(id, n)
    left join orders o on o.order_id = asked.id;
$$;

create function order_ids(p_items jsonb) returns text[] language sql immutable as $$
  select coalesce(array_agg(i ->> 'orderId' order by n), '{}') from jsonb_array_elements(p_items) with ordinality x(i, n);
$$;

-- The orders of those asked for that are on their way, locked in the order of their id.
create function lock_open_orders(p_order_ids text[]) returns text[] language sql as $$
  select coalesce(array_agg(order_id), '{}')
    from (select order_id, status from orders where order_id = any(p_order_ids) order by order_id for update) locked
   where status in ('placed', 'reserved', 'in_review', 'awaiting_customer', 'payment_unknown');
$$;

-- Paid: reservation consumed, payment recorded, order paid, event; one transaction. An order that is not on its way
-- any more (paid already, or ended) is left alone and answers what it is.
-- p_payments: [{orderId, payment: {attempt, status: 'succeeded', paymentIntentId, captured, …}}]
create function confirm_orders(p_payments jsonb) returns jsonb language plpgsql as $$
declare
  v_ids  text[] := order_ids(p_payments);
  v_open text[] := lock_open_orders(v_ids);
begin
  if v_open <> '{}' then
    perform settle_reservations(v_open, 'consumed');
    perform record_payments((select jsonb_agg(p) from jsonb_array_elements(p_payments) p
                              where p ->> 'orderId' = any(v_open)));
    update orders set status = 'paid', outcome_at = clock_timestamp() where order_id = any(v_open);
    perform append_order_event(v_open, 'paid');
  end if;
  return order_answers(v_ids);
end $$;

-- A status in which an order waits: 'awaiting_customer' or 'payment_unknown'. Said twice, it is one event.
-- p_updates: [{orderId, status, payment}]
create function record_waiting(p_updates jsonb) returns jsonb language plpgsql as $$
declare
  v_ids    text[] := order_ids(p_updates);
  v_open   text[] := lock_open_orders(v_ids);
  v_status text;
  v_moved  text[];
begin
  perform record_payments((select jsonb_agg(p) from jsonb_array_elements(p_updates) p
                            where p ->> 'orderId' = any(v_open)));
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
  return order_answers(v_ids);
end $$;

-- Ends orders without payment: stock back, what became of the payment recorded, status and event; one transaction.
-- An order that was never reserved is written in its end status: that is the tombstone which makes a late
-- reservation a no-op. An order that has ended already (or is paid) is left alone and answers what it is.
-- p_releases: [{orderId, status, reason, payment, order: {orderId, clientId, requestHash, placedAt, request}}]
create function release_stock(p_releases jsonb) returns jsonb language plpgsql as $$
declare
  v_ids    text[] := order_ids(p_releases);
  v_new    text[];
  v_open   text[];
  v_status text;
  v_some   text[];
begin
  with inserted as (
    insert into orders (order_id, client_id, request_hash, status, currency, total, lines, customer_email,
                        customer_name, shipping, payment_method, created_at)
    select r ->> 'orderId', o ->> 'clientId', o ->> 'requestHash', 'placed', o -> 'request' ->> 'currency', 0, '[]',
           o -> 'request' -> 'customer' ->> 'email', o -> 'request' -> 'customer' ->> 'name',
           o -> 'request' -> 'shipping', o -> 'request' -> 'payment' ->> 'method', (o ->> 'placedAt')::timestamptz
      from jsonb_array_elements(p_releases) r, lateral (select r -> 'order' as o) x
     where not exists (select 1 from orders known where known.order_id = r ->> 'orderId')
     order by 1
    on conflict (order_id) do nothing
    returning order_id
  )
  select coalesce(array_agg(order_id), '{}') into v_new from inserted;
  perform append_order_event(v_new, 'placed');

  v_open := lock_open_orders(v_ids);
  perform settle_reservations(v_open, 'released');
  perform record_payments((select jsonb_agg(r) from jsonb_array_elements(p_releases) r
                            where r ->> 'orderId' = any(v_open)));
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
  return order_answers(v_ids);
end $$;
