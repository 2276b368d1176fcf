-- Reservations of stock.
--
-- PL/pgSQL keeps the plans of its statements. A plan that is made while a table is small would scan the whole table, and would go on
-- doing so in a rush that fills the table, until the next autoanalyze. Functions that many orders go through therefore allow only
-- plans that use an index.

-- Reserves the stock of many orders in one statement, first come first served, each order completely or not at all.
--
-- p_orders: [{orderId, clientId, requestHash, placedAt, workflowId?, from?, request: <the body of the order>}], oldest first;
-- `from`: the group that the order has left. Returns one {orderId, status, reason?, total, currency, ownedBy?, repeated?} for each
-- order, in the same sequence. An order that exists already is not changed: `repeated` says so, since an earlier run whose worker
-- died may have charged the order in the same workflow task. `ownedBy` names the workflow that owns the order, where that is not
-- the caller; only the workflow that owns an order reserves it.
--
-- Items are locked in the order of their SKU, so that two orders of the same two items cannot deadlock. The time is linear in the
-- number of orders: what grows with each order is an array, which PL/pgSQL changes in place; a jsonb value would be copied each time.
create or replace function reserve_stock(p_orders jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  v_items      jsonb;      -- sku -> {n, title, unitPrice, currency} of the locked items
  v_on_hand    bigint[];   -- by n; reduced by each order that is reserved
  v_known      jsonb;      -- orderId -> result of an order that exists
  v_ids        text[] := '{}';
  v_results    jsonb[] := '{}';
  v_new        jsonb[] := '{}';
  v_held       jsonb[] := '{}';
  v_order      jsonb;
  v_id         text;
  v_lines      jsonb;
  v_total      bigint;
  v_skus       text[];
  v_quantities bigint[];
  v_item       jsonb;
  v_status     text;
  v_reason     text;
  v_result     jsonb;
  v_count      integer;
begin
  if p_orders @? '$[*].from' then
    perform detach_orders(p_orders);
  end if;
  select array_agg(distinct line ->> 'sku') into v_skus
    from jsonb_array_elements(p_orders) o, jsonb_array_elements(o -> 'request' -> 'lines') line;
  select jsonb_object_agg(sku, jsonb_build_object('n', n, 'title', title, 'unitPrice', unit_price, 'currency', currency)),
         array_agg(on_hand order by n)
    into v_items, v_on_hand
    from (select locked.*, row_number() over (order by sku) as n
            from (select i.sku, i.title, i.unit_price, i.currency, i.on_hand
                    from stock_items i where i.sku = any(v_skus) order by i.sku for update) locked) numbered;

  -- After the locks: a transaction that reserved the same order before has committed by now.
  select jsonb_object_agg(o.order_id, jsonb_strip_nulls(jsonb_build_object('orderId', o.order_id, 'status', o.status,
                          'reason', o.reason, 'total', o.total, 'currency', o.currency, 'ownedBy',
                          nullif(coalesce(o.workflow_id, 'order/' || o.order_id), order_workflow_id(asked)),
                          'repeated', true)))
    into v_known
    from jsonb_array_elements(p_orders) asked
    join orders o on o.order_id = asked ->> 'orderId';
  -- The order was claimed by another workflow before it was reserved.
  select coalesce(v_known, '{}') || coalesce(jsonb_object_agg(c.order_id, jsonb_build_object('orderId', c.order_id,
           'status', 'placed', 'total', 0, 'currency', asked -> 'request' -> 'currency', 'ownedBy', c.workflow_id)), '{}')
    into v_known
    from jsonb_array_elements(p_orders) asked
    join order_claims c on c.order_id = asked ->> 'orderId' and c.workflow_id <> order_workflow_id(asked)
   where not exists (select 1 from orders o where o.order_id = c.order_id);

  for v_order in select o from jsonb_array_elements(p_orders) o loop
    v_id := v_order ->> 'orderId';
    -- An order that occurs twice in one call is reserved once.
    v_result := coalesce(v_known -> v_id, v_results[array_position(v_ids, v_id)]);
    if v_result is not null then
      v_ids := v_ids || v_id;
      v_results := v_results || v_result;
      continue;
    end if;

    select jsonb_agg(jsonb_build_object('sku', l.sku, 'title', coalesce(v_items -> l.sku ->> 'title', l.sku),
                       'quantity', l.quantity, 'unitPrice', coalesce((v_items -> l.sku ->> 'unitPrice')::bigint, 0),
                       'total', coalesce((v_items -> l.sku ->> 'unitPrice')::bigint, 0) * l.quantity) order by l.n),
           coalesce(sum((v_items -> l.sku ->> 'unitPrice')::bigint * l.quantity), 0)
      into v_lines, v_total
      from (select line ->> 'sku' as sku, (line ->> 'quantity')::bigint as quantity, n
              from jsonb_array_elements(v_order -> 'request' -> 'lines') with ordinality x(line, n)) l;

    select array_agg(sku order by sku), array_agg(quantity order by sku)
      into v_skus, v_quantities
      from (select line ->> 'sku' as sku, sum((line ->> 'quantity')::bigint)::bigint as quantity
              from jsonb_array_elements(v_order -> 'request' -> 'lines') line group by 1) wanted;

    v_status := 'reserved';
    v_reason := null;
    for i in 1 .. coalesce(cardinality(v_skus), 0) loop
      v_item := v_items -> v_skus[i];
      if v_item is null then
        v_status := 'rejected'; v_reason := 'unknown_sku';
        exit;
      elsif v_item ->> 'currency' <> v_order -> 'request' ->> 'currency' then
        v_status := 'rejected'; v_reason := 'currency_mismatch';
        exit;
      elsif v_on_hand[(v_item -> 'n')::integer] < v_quantities[i] then
        v_status := 'out_of_stock'; v_reason := 'out_of_stock:' || v_skus[i];
      end if;
    end loop;
    if v_status = 'reserved' and v_total <> (v_order -> 'request' ->> 'expectedTotal')::bigint then
      v_status := 'rejected'; v_reason := 'total_mismatch';
    end if;

    if v_status = 'reserved' then
      for i in 1 .. coalesce(cardinality(v_skus), 0) loop
        v_count := (v_items -> v_skus[i] -> 'n')::integer;
        v_on_hand[v_count] := v_on_hand[v_count] - v_quantities[i];
        v_held := v_held || jsonb_build_object('orderId', v_id, 'sku', v_skus[i], 'quantity', v_quantities[i]);
      end loop;
    end if;

    v_result := jsonb_strip_nulls(jsonb_build_object('orderId', v_id, 'status', v_status, 'reason', v_reason,
                  'total', v_total, 'currency', v_order -> 'request' ->> 'currency'));
    v_ids := v_ids || v_id;
    v_results := v_results || v_result;
    v_new := v_new || (v_order || v_result || jsonb_build_object('lines', v_lines));
  end loop;

  if v_new = '{}' then
    return to_jsonb(v_results);
  end if;

  insert into orders (order_id, client_id, request_hash, status, reason, currency, total, lines, customer_email,
                      customer_name, shipping, payment_method, created_at, reserved_at, outcome_at, last_sequence,
                      workflow_id)
  select o ->> 'orderId', o ->> 'clientId', o ->> 'requestHash', o ->> 'status', o ->> 'reason', o ->> 'currency',
         (o ->> 'total')::bigint, o -> 'lines', o -> 'request' -> 'customer' ->> 'email',
         o -> 'request' -> 'customer' ->> 'name', o -> 'request' -> 'shipping',
         o -> 'request' -> 'payment' ->> 'method', (o ->> 'placedAt')::timestamptz,
         case when o ->> 'status' = 'reserved' then clock_timestamp() end,
         case when o ->> 'status' <> 'reserved' then clock_timestamp() end,
         2, o ->> 'workflowId'
    from unnest(v_new) o
   order by 1
  on conflict (order_id) do nothing;
  get diagnostics v_count = row_count;
  if v_count <> cardinality(v_new) then
    -- A concurrent release has inserted the order. The caller retries, and receives the order as it is.
    raise exception 'an order was inserted by another transaction while it was reserved' using errcode = 'serialization_failure';
  end if;

  insert into reservations (order_id, sku, quantity, state)
  select h ->> 'orderId', h ->> 'sku', (h ->> 'quantity')::bigint, 'held' from unnest(v_held) h;

  update stock_items i
     set on_hand = i.on_hand - t.quantity, held = i.held + t.quantity, updated_at = clock_timestamp()
    from (select h ->> 'sku' as sku, sum((h ->> 'quantity')::bigint) as quantity from unnest(v_held) h group by 1) t
   where i.sku = t.sku;

  insert into order_events (order_id, sequence, type, data)
  select o ->> 'orderId', e.sequence, order_event_type(e.name),
         jsonb_strip_nulls(jsonb_build_object('status', e.name, 'total', o -> 'total', 'currency', o -> 'currency',
           'reason', case when e.sequence = 2 then o -> 'reason' end,
           'lines', case when e.sequence = 1 then o -> 'lines' end))
    from unnest(v_new) o, lateral (values (1, 'placed'), (2, o ->> 'status')) e(sequence, name)
   order by 1, 2;

  return to_jsonb(v_results);
end $$;

-- Settles the reservations of orders and moves their stock: 'consumed' when the orders are paid, 'released' when they have failed.
-- Only reservations that are held are settled. The caller holds the locks of the orders; items are locked in the order of their SKU.
create or replace function settle_reservations(p_order_ids text[], p_state text) returns void language plpgsql as $$
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

-- Puts the stock of paid orders back on sale. The caller holds the locks of the orders; items are locked in the order of their SKU.
create or replace function restock(p_order_ids text[]) returns void language plpgsql as $$
begin
  perform 1 from stock_items
    where sku in (select sku from reservations where order_id = any(p_order_ids) and state = 'consumed')
    order by sku for update;
  with returned as (
    update reservations set state = 'released' where order_id = any(p_order_ids) and state = 'consumed'
    returning sku, quantity
  ), moved as (
    select sku, sum(quantity) as quantity from returned group by sku
  )
  update stock_items i
     set sold = i.sold - m.quantity, on_hand = i.on_hand + m.quantity, updated_at = clock_timestamp()
    from moved m
   where i.sku = m.sku;
end $$;
