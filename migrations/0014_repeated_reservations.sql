-- As before (0011), and the answer for an order that existed before this call says so (`repeated`): a run whose worker died may
-- have charged it in that same task.
create or replace function reserve_stock(p_orders jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  v_items      jsonb;      -- sku -> {n, title, unitPrice, currency}, as locked
  v_on_hand    bigint[];   -- by n; goes down as orders take it
  v_known      jsonb;      -- orderId -> answer of an order that exists
  v_ids        text[] := '{}';
  v_answers    jsonb[] := '{}';
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
  v_answer     jsonb;
  v_count      integer;
begin
  if p_orders @? '$[*].from' then
    perform hand_over(p_orders);
  end if;
  select array_agg(distinct line ->> 'sku') into v_skus
    from jsonb_array_elements(p_orders) o, jsonb_array_elements(o -> 'request' -> 'lines') line;
  select jsonb_object_agg(sku, jsonb_build_object('n', n, 'title', title, 'unitPrice', unit_price, 'currency', currency)),
         array_agg(on_hand order by n)
    into v_items, v_on_hand
    from (select locked.*, row_number() over (order by sku) as n
            from (select i.sku, i.title, i.unit_price, i.currency, i.on_hand
                    from stock_items i where i.sku = any(v_skus) order by i.sku for update) locked) numbered;

  -- After the locks: whoever reserved the same order before us has committed by now.
  select jsonb_object_agg(o.order_id, jsonb_strip_nulls(jsonb_build_object('orderId', o.order_id, 'status', o.status,
                          'reason', o.reason, 'total', o.total, 'currency', o.currency, 'ownedBy',
                          nullif(coalesce(o.workflow_id, 'order/' || o.order_id), workflow_of(asked)),
                          'repeated', true)))
    into v_known
    from jsonb_array_elements(p_orders) asked
    join orders o on o.order_id = asked ->> 'orderId';
  -- Accepted once more, by another process that took it over before it was reserved.
  select coalesce(v_known, '{}') || coalesce(jsonb_object_agg(c.order_id, jsonb_build_object('orderId', c.order_id,
           'status', 'placed', 'total', 0, 'currency', asked -> 'request' -> 'currency', 'ownedBy', c.workflow_id)), '{}')
    into v_known
    from jsonb_array_elements(p_orders) asked
    join order_claims c on c.order_id = asked ->> 'orderId' and c.workflow_id <> workflow_of(asked)
   where not exists (select 1 from orders o where o.order_id = c.order_id);

  for v_order in select o from jsonb_array_elements(p_orders) o loop
    v_id := v_order ->> 'orderId';
    -- The same order twice in one call is one order.
    v_answer := coalesce(v_known -> v_id, v_answers[array_position(v_ids, v_id)]);
    if v_answer is not null then
      v_ids := v_ids || v_id;
      v_answers := v_answers || v_answer;
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

    v_answer := jsonb_strip_nulls(jsonb_build_object('orderId', v_id, 'status', v_status, 'reason', v_reason,
                  'total', v_total, 'currency', v_order -> 'request' ->> 'currency'));
    v_ids := v_ids || v_id;
    v_answers := v_answers || v_answer;
    v_new := v_new || (v_order || v_answer || jsonb_build_object('lines', v_lines));
  end loop;

  if v_new = '{}' then
    return to_jsonb(v_answers);
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
    -- It was released (cancelled) in this very moment, before it was reserved: the caller runs this again and is told.
    raise exception 'an order appeared while it was reserved' using errcode = 'serialization_failure';
  end if;

  insert into reservations (order_id, sku, quantity, state)
  select h ->> 'orderId', h ->> 'sku', (h ->> 'quantity')::bigint, 'held' from unnest(v_held) h;

  update stock_items i
     set on_hand = i.on_hand - t.quantity, held = i.held + t.quantity, updated_at = clock_timestamp()
    from (select h ->> 'sku' as sku, sum((h ->> 'quantity')::bigint) as quantity from unnest(v_held) h group by 1) t
   where i.sku = t.sku;

  insert into order_events (order_id, sequence, type, data)
  select o ->> 'orderId', e.sequence, 'com.durable-checkout.order.' || e.name || '.v1',
         jsonb_strip_nulls(jsonb_build_object('status', e.name, 'total', o -> 'total', 'currency', o -> 'currency',
           'reason', case when e.sequence = 2 then o -> 'reason' end,
           'lines', case when e.sequence = 1 then o -> 'lines' end))
    from unnest(v_new) o, lateral (values (1, 'placed'), (2, o ->> 'status')) e(sequence, name)
   order by 1, 2;

  return to_jsonb(v_answers);
end $$;
