-- An activity that runs inside a workflow task may have had its effect and leave no trace in the workflow's history: the
-- task is run anew, sees what has come meanwhile (a cancel, a refund), and may decide otherwise. So before money goes back that
-- an order was to be paid with, it is decided here, once for ever, that the order will not be paid any more.
alter table orders add column abandoned boolean not null default false;

-- What the orders are. `wasPaid`: the order was paid, whatever it is now.
create or replace function order_answers(p_order_ids text[]) returns jsonb language sql as $$
  select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('orderId', asked.id, 'status', o.status,
           'reason', o.reason, 'total', o.total, 'currency', o.currency,
           'wasPaid', case
             when o.status in ('shipped', 'delivered', 'closed', 'refunded') then true
             when o.status = 'cancelled'
               then nullif(exists (select 1 from order_events e where e.order_id = o.order_id and e.type = 'com.durable-checkout.order.paid.v1'), false)
           end)) order by asked.n), '[]')
    from unnest(p_order_ids) with ordinality asked(id, n)
    left join orders o on o.order_id = asked.id;
$$;

-- From here on none of these orders becomes paid, unless it is already: each answers what it is.
-- p_orders: [{orderId}]
create function abandon_orders(p_orders jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  v_ids text[] := order_ids(p_orders);
begin
  update orders set abandoned = true where order_id = any(lock_open_orders(v_ids));
  return order_answers(v_ids);
end $$;

-- As before (0004), and an order that was abandoned is left alone.
create or replace function confirm_orders(p_payments jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  v_ids  text[] := order_ids(p_payments);
  v_open text[] := lock_open_orders(v_ids);
begin
  v_open := array(select order_id from orders where order_id = any(v_open) and not abandoned order by order_id);
  if v_open <> '{}' then
    perform settle_reservations(v_open, 'consumed');
    perform record_payments((select jsonb_agg(p) from jsonb_array_elements(p_payments) p
                              where p ->> 'orderId' = any(v_open)));
    update orders set status = 'paid', outcome_at = clock_timestamp() where order_id = any(v_open);
    perform append_order_event(v_open, 'paid');
  end if;
  return order_answers(v_ids);
end $$;
