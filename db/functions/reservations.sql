-- Reservations of stock.
--
-- PL/pgSQL keeps the plans of its statements. A plan that is made while a table is small would scan the whole table, and would go on
-- doing so in a rush that fills the table, until the next autoanalyze. Functions that many orders go through therefore allow only
-- plans that use an index, and make each plan once for all values: PostgreSQL would make many of them anew in each call, which takes
-- longer than the statement itself.

-- Reserves the stock of many orders in one statement, first come first served, each order completely or not at all.
--
-- p_orders: [{orderId, clientId, requestHash, placedAt, workflowId?, epoch?, from?, allocation?, prices?, traceparent?, request: <the body of the order>}],
-- oldest first; `from`: the group that the order has left; `prices`: the unit prices that count instead of those of today, by SKU. Returns one {orderId, status, reason?, total, currency, ownedBy?, repeated?} for each
-- order, in the same sequence. An order that exists already is not changed: `repeated` says so, since an earlier run whose worker
-- died may have charged the order in the same workflow task. `ownedBy` names the workflow that carries the order, where that is not
-- the caller, or is a later run of the same name; only the run that carries an order reserves it.
--
-- An order is allocated to the first active location that has all of it, by the priority of the locations. Where none has, it is split:
-- by `allocation`, the locations are taken in their order ('location_order', the default), or the one first that has most of what is
-- still needed ('most_stock').
--
-- Levels are locked in the order of their SKU and location, so that two orders of the same two items cannot deadlock. The time is
-- linear in the number of orders: what grows with each order is an array, which PL/pgSQL changes in place; a jsonb value would be
-- copied each time.
create or replace function reserve_stock(p_orders jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_items           jsonb;      -- sku -> {n, title, unitPrice, currency}
  v_locations       text[];     -- the active locations by priority
  v_places          integer;    -- how many locations there are
  v_available       bigint[];   -- at item n and location p: [(n - 1) * v_places + p]; reduced by each order that is reserved
  v_known           jsonb;      -- orderId -> result of an order that exists
  v_ids             text[] := '{}';
  v_results         jsonb[] := '{}';
  v_new             jsonb[] := '{}';
  v_held_orders     text[] := '{}';
  v_held_skus       text[] := '{}';
  v_held_locations  text[] := '{}';
  v_held_quantities bigint[] := '{}';
  v_order           jsonb;
  v_id              text;
  v_lines           jsonb;
  v_total           bigint;
  v_skus            text[];
  v_quantities      bigint[];
  v_rows            integer[];  -- (n - 1) * v_places of each item of the order
  v_item            jsonb;
  v_level           record;
  v_place           integer;
  v_tried           boolean[];  -- by location
  v_covered         boolean;    -- whether the location has all of the order
  v_pieces          bigint;
  v_most            bigint;
  v_left            bigint;
  v_status          text;
  v_reason          text;
  v_result          jsonb;
  v_count           integer;
begin
  if p_orders @? '$[*].from' then
    perform detach_orders(p_orders);
  end if;
  select array_agg(distinct line ->> 'sku') into v_skus
    from jsonb_array_elements(p_orders) o, jsonb_array_elements(o -> 'request' -> 'lines') line;
  select jsonb_object_agg(sku, jsonb_build_object('n', n, 'title', title, 'unitPrice', unit_price, 'currency', currency)),
         array_agg(sku)
    into v_items, v_skus
    from (select sku, title, unit_price, currency, row_number() over (order by sku) as n
            from stock_items where sku = any(v_skus)) numbered;
  select coalesce(array_agg(location_id order by priority, location_id), '{}') into v_locations from locations where active;
  v_places := cardinality(v_locations);
  v_available := array_fill(0::bigint, array[coalesce(cardinality(v_skus), 0) * v_places]);
  for v_level in
    select sku, location_id, available from stock_levels
     where sku = any(v_skus) and location_id = any(v_locations) order by sku, location_id for update
  loop
    v_available[((v_items -> v_level.sku -> 'n')::integer - 1) * v_places + array_position(v_locations, v_level.location_id)]
      := v_level.available;
  end loop;

  -- After the locks: a transaction that reserved the same order before has committed by now.
  select jsonb_object_agg(o.order_id, jsonb_strip_nulls(jsonb_build_object('orderId', o.order_id, 'status', o.status,
                          'reason', o.reason, 'total', o.total, 'currency', o.currency, 'ownedBy',
                          case when c.epoch > coalesce((asked ->> 'epoch')::integer, 1) then c.workflow_id
                               else nullif(coalesce(c.workflow_id, o.workflow_id, 'order/' || o.order_id), order_workflow_id(asked)) end,
                          'repeated', true)))
    into v_known
    from jsonb_array_elements(p_orders) asked
    join orders o on o.order_id = asked ->> 'orderId'
    left join order_claims c on c.order_id = o.order_id;
  if v_known is not null then
    perform clear_parked_steps((select jsonb_agg(jsonb_build_object('orderId', o -> 'orderId', 'workflowId', order_workflow_id(o)))
                                  from jsonb_array_elements(p_orders) o
                                 where v_known ? (o ->> 'orderId') and v_known -> (o ->> 'orderId') ->> 'ownedBy' is null));
  end if;
  -- The order was claimed by another workflow, or by a later run of this one, before it was reserved.
  select coalesce(v_known, '{}') || coalesce(jsonb_object_agg(c.order_id, jsonb_build_object('orderId', c.order_id,
           'status', 'placed', 'total', 0, 'currency', asked -> 'request' -> 'currency', 'ownedBy', c.workflow_id)), '{}')
    into v_known
    from jsonb_array_elements(p_orders) asked
    join order_claims c on c.order_id = asked ->> 'orderId'
     and (c.workflow_id <> order_workflow_id(asked) or c.epoch > coalesce((asked ->> 'epoch')::integer, 1))
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

    select jsonb_agg(jsonb_build_object('sku', l.sku, 'title', l.title, 'quantity', l.quantity, 'unitPrice', l.unit_price,
                       'gross', l.amount, 'discount', 0, 'tax', 0, 'net', l.amount, 'total', l.amount) order by l.n),
           coalesce(sum(l.amount), 0)
      into v_lines, v_total
      from (select sku, coalesce(item ->> 'title', sku) as title, quantity, price as unit_price, price * quantity as amount, n
              from (select line ->> 'sku' as sku, (line ->> 'quantity')::bigint as quantity, item, n,
                           coalesce((v_order -> 'prices' ->> (line ->> 'sku'))::bigint, (item ->> 'unitPrice')::bigint, 0) as price
                      from jsonb_array_elements(v_order -> 'request' -> 'lines') with ordinality x (line, n),
                           lateral (select v_items -> (line ->> 'sku') as item offset 0) y
                    offset 0) priced) l;

    select array_agg(sku order by sku), array_agg(quantity order by sku)
      into v_skus, v_quantities
      from (select line ->> 'sku' as sku, sum((line ->> 'quantity')::bigint)::bigint as quantity
              from jsonb_array_elements(v_order -> 'request' -> 'lines') line group by 1) wanted;

    v_status := 'reserved';
    v_reason := null;
    v_rows := '{}';
    v_covered := true;
    for i in 1 .. coalesce(cardinality(v_skus), 0) loop
      v_item := v_items -> v_skus[i];
      if v_item is null then
        v_status := 'rejected'; v_reason := 'unknown_sku';
        exit;
      elsif v_item ->> 'currency' <> v_order -> 'request' ->> 'currency' then
        v_status := 'rejected'; v_reason := 'currency_mismatch';
        exit;
      end if;
      v_rows[i] := ((v_item -> 'n')::integer - 1) * v_places;
      continue when v_available[v_rows[i] + 1] >= v_quantities[i];
      v_covered := false;
      v_left := v_quantities[i];
      for p in 1 .. v_places loop
        v_left := v_left - v_available[v_rows[i] + p];
      end loop;
      if v_left > 0 then
        v_status := 'out_of_stock'; v_reason := 'out_of_stock:' || v_skus[i];
      end if;
    end loop;
    if v_status = 'reserved' and v_total <> (v_order -> 'request' ->> 'expectedTotal')::bigint then
      v_status := 'rejected'; v_reason := 'total_mismatch';
    end if;

    if v_status = 'reserved' then
      v_place := 1;
      while not v_covered and v_place < v_places loop
        v_place := v_place + 1;
        v_covered := true;
        for i in 1 .. cardinality(v_skus) loop
          v_covered := v_covered and v_available[v_rows[i] + v_place] >= v_quantities[i];
        end loop;
      end loop;
      v_tried := null;
      loop
        if not v_covered then
          v_tried := coalesce(v_tried, array_fill(false, array[v_places]));
          v_most := 0;
          for p in 1 .. v_places loop
            continue when v_tried[p];
            v_pieces := 0;
            for i in 1 .. cardinality(v_skus) loop
              v_pieces := v_pieces + least(v_available[v_rows[i] + p], v_quantities[i]);
            end loop;
            if v_pieces > v_most then
              v_most := v_pieces;
              v_place := p;
              exit when v_order ->> 'allocation' is distinct from 'most_stock';
            end if;
          end loop;
          v_tried[v_place] := true;
        end if;
        v_left := 0;
        for i in 1 .. cardinality(v_skus) loop
          v_pieces := least(v_available[v_rows[i] + v_place], v_quantities[i]);
          v_left := v_left + v_quantities[i] - v_pieces;
          continue when v_pieces = 0;
          v_available[v_rows[i] + v_place] := v_available[v_rows[i] + v_place] - v_pieces;
          v_quantities[i] := v_quantities[i] - v_pieces;
          v_held_orders := v_held_orders || v_id;
          v_held_skus := v_held_skus || v_skus[i];
          v_held_locations := v_held_locations || v_locations[v_place];
          v_held_quantities := v_held_quantities || v_pieces;
        end loop;
        exit when v_left = 0;
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
                      customer_name, shipping, locale, payment_method, created_at, reserved_at, outcome_at, last_sequence,
                      workflow_id, traceparent)
  select o ->> 'orderId', o ->> 'clientId', o ->> 'requestHash', o ->> 'status', o ->> 'reason', o ->> 'currency',
         (o ->> 'total')::bigint, o -> 'lines', o -> 'request' -> 'customer' ->> 'email',
         o -> 'request' -> 'customer' ->> 'name', o -> 'request' -> 'shipping', o -> 'request' ->> 'locale',
         o -> 'request' -> 'payment' ->> 'method', (o ->> 'placedAt')::timestamptz,
         case when o ->> 'status' = 'reserved' then clock_timestamp() end,
         case when o ->> 'status' <> 'reserved' then clock_timestamp() end,
         2, o ->> 'workflowId', o ->> 'traceparent'
    from unnest(v_new) o
   order by 1
  on conflict (order_id) do nothing;
  get diagnostics v_count = row_count;
  if v_count <> cardinality(v_new) then
    -- A concurrent release has inserted the order. The caller retries, and receives the order as it is.
    raise exception 'an order was inserted by another transaction while it was reserved' using errcode = 'serialization_failure';
  end if;

  with reserved as (
    insert into reservations (order_id, sku, location_id, quantity, state)
    select h.order_id, h.sku, h.location_id, h.quantity, 'held'
      from unnest(v_held_orders, v_held_skus, v_held_locations, v_held_quantities) h (order_id, sku, location_id, quantity)
    returning order_id, sku, location_id, quantity
  ), moved as (
    insert into stock_movements (sku, location_id, kind, available, held, order_id)
    select sku, location_id, 'held', -quantity, quantity, order_id from reserved
  )
  update stock_levels l
     set available = l.available - t.quantity, held = l.held + t.quantity, updated_at = clock_timestamp()
    from (select sku, location_id, sum(quantity) as quantity from reserved group by 1, 2) t
   where l.sku = t.sku and l.location_id = t.location_id;

  insert into order_events (order_id, sequence, type, data)
  select o ->> 'orderId', e.sequence, order_event_type(e.name),
         jsonb_strip_nulls(jsonb_build_object('status', e.name, 'total', o -> 'total', 'currency', o -> 'currency',
           'reason', case when e.sequence = 2 then o -> 'reason' end,
           'lines', case when e.sequence = 1 then o -> 'lines' end))
    from unnest(v_new) o, lateral (values (1, 'placed'), (2, o ->> 'status')) e(sequence, name)
   order by 1, 2;

  return to_jsonb(v_results);
end $$;

-- Locks the levels of the reservations of these orders that are in one of these states.
create or replace function lock_reserved_levels(p_order_ids text[], p_states text[]) returns void language plpgsql as $$
begin
  perform 1 from stock_levels
    where (sku, location_id) in (select sku, location_id from reservations
                                  where order_id = any(p_order_ids) and state = any(p_states))
    order by sku, location_id for update;
end $$;

-- Settles the reservations of orders that are held: 'committed' when the orders are paid, which is 'consumed' where an order has no
-- address, since its goods are handed over then; 'released' when the orders have failed. The caller holds the locks of the orders.
create or replace function settle_reservations(p_order_ids text[], p_state text) returns void language plpgsql as $$
begin
  perform lock_reserved_levels(p_order_ids, array['held']);
  with settled as (
    update reservations r
       set state = case when p_state = 'committed' and o.shipping is null then 'consumed' else p_state end,
           short = case when p_state = 'committed' and o.shipping is not null then r.short else 0 end
      from orders o
     where r.order_id = any(p_order_ids) and r.state = 'held' and o.order_id = r.order_id
    returning r.order_id, r.sku, r.location_id, r.state, r.quantity, old.short, old.short - r.short as resolved
  ), moved as (
    insert into stock_movements (sku, location_id, kind, held, committed, available, order_id)
    select sku, location_id, case state when 'consumed' then 'shipped' else state end, short - quantity,
           case state when 'committed' then quantity - short else 0 end,
           case state when 'released' then quantity - short else 0 end, order_id
      from settled where quantity > short
  )
  update stock_levels l
     set held = l.held - t.backed, committed = l.committed + t.committed, available = l.available + t.released,
         sold = l.sold + t.sold, oversold = l.oversold - t.resolved, updated_at = clock_timestamp()
    from (select sku, location_id, sum(quantity - short) as backed, sum(resolved) as resolved,
                 sum(case state when 'committed' then quantity - short else 0 end) as committed,
                 sum(case state when 'released' then quantity - short else 0 end) as released,
                 sum(case state when 'released' then 0 else quantity end) as sold
            from settled group by 1, 2) t
   where l.sku = t.sku and l.location_id = t.location_id;
end $$;

-- Gives back what paid orders have and no shipment has handed over. An order without an address brings its goods back. The caller
-- holds the locks of the orders.
create or replace function restock(p_order_ids text[]) returns void language plpgsql as $$
begin
  perform lock_reserved_levels(p_order_ids, array['committed', 'consumed']);
  with returned as (
    update reservations
       set state = case shipped when 0 then 'released' else 'consumed' end,
           quantity = case shipped when 0 then quantity else shipped end, short = 0
     where order_id = any(p_order_ids) and state in ('committed', 'consumed') and shipped < quantity
    returning order_id, sku, location_id, old.state, old.quantity - shipped as quantity, old.short
  ), moved as (
    insert into stock_movements (sku, location_id, kind, committed, available, order_id, reason)
    select sku, location_id, case state when 'committed' then 'released' else 'returned' end,
           case state when 'committed' then short - quantity else 0 end, quantity - short, order_id, 'cancelled'
      from returned where quantity > short
  )
  update stock_levels l
     set committed = l.committed - t.committed, available = l.available + t.available, sold = l.sold - t.sold,
         oversold = l.oversold - t.short, updated_at = clock_timestamp()
    from (select sku, location_id, sum(case state when 'committed' then quantity - short else 0 end) as committed,
                 sum(quantity - short) as available, sum(quantity) as sold, sum(short) as short
            from returned group by 1, 2) t
   where l.sku = t.sku and l.location_id = t.location_id;
end $$;
