-- Reading and locking orders.

-- Locks the orders in the order of their ids, so that two transactions cannot deadlock.
create or replace function lock_orders(p_order_ids text[]) returns void language plpgsql as $$
begin
  perform 1 from orders where order_id = any(p_order_ids) order by order_id for update;
end $$;

-- Locks the orders in the order of their ids, and returns those that are not decided yet. `offset 0` keeps the status out of the
-- search, which would otherwise go through all orders of a status.
create or replace function lock_open_orders(p_order_ids text[]) returns text[] language sql as $$
  select coalesce(array_agg(order_id), '{}')
    from (select order_id, status from orders where order_id = any(p_order_ids)
           order by order_id offset 0 for update) locked
   where status = any(open_order_statuses());
$$;

-- What each of the orders is, in the sequence of the ids: {orderId, status, reason?, total, currency, wasPaid?}.
-- `wasPaid`: the order was paid, and has another status now.
create or replace function order_results(p_order_ids text[]) returns jsonb language sql as $$
  select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('orderId', asked.id, 'status', o.status,
           'reason', o.reason, 'total', o.total, 'currency', o.currency,
           'wasPaid', case
             when o.status = 'paid' then null
             when o.status = any(paid_order_statuses()) or o.status = 'refunded' then true
             when o.status = 'cancelled'
               then nullif(exists (select 1 from order_events e
                                    where e.order_id = o.order_id and e.type = order_event_type('paid')), false)
           end)) order by asked.n), '[]')
    from unnest(p_order_ids) with ordinality asked(id, n)
    left join orders o on o.order_id = asked.id;
$$;

-- p_orders: [{orderId}]. Returns what the orders are, and changes nothing.
create or replace function get_orders(p_orders jsonb) returns jsonb language sql as $$
  select order_results(order_ids(p_orders));
$$;
