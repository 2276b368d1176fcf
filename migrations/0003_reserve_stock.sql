-- Reserves the stock of many orders in one statement, first come first served, each order wholly or not at all.
--
-- p_orders: [{orderId, clientId, requestHash, placedAt, request: <the order body>}], oldest first.
-- Answers one {orderId, status, reason?, total, currency} an order, in the order of p_orders. An order that is known
-- already (a retry, or one that was released before it was reserved) answers what it is and changes nothing.
-- Items are locked in the order of their SKU, so that two orders of the same two items cannot deadlock.
create function reserve_stock(p_orders jsonb) returns jsonb language plpgsql as $$
declare
  v_items   jsonb;      -- sku -> {title, unitPrice, currency, onHand}, as locked; onHand goes down as orders take it
  v_known   jsonb;      -- orderId -> answer of an order that exists
  v_answers jsonb := '[]';
  v_new     jsonb := '[]';
  v_held    jsonb := '[]';
  v_order   jsonb;
  v_line    record;
  v_lines   jsonb;
  v_total   bigint;
  v_status  text;
  v_reason  text;
  v_answer  jsonb;
  v_count   integer;
begin
  select jsonb_object_agg(sku, item) into v_items
    from (select i.sku, jsonb_build_object('title', i.title, 'unitPrice', i.unit_price, 'currency', i.currency,
                                           'onHand', i.on_hand) as item
            from stock_items i
           where i.sku in (select line ->> 'sku'
                             from jsonb_array_elements(p_orders) o, jsonb_array_elements(o -> 'request' -> 'lines') line)
           order by i.sku
             for update) locked;

  -- After the locks: whoever reserved the same order before us has committed by now.
  select jsonb_object_agg(order_id, jsonb_strip_nulls(jsonb_build_object('orderId', order_id, 'status', status,
                          'reason', reason, 'total', total, 'currency', currency)))
    into v_known
    from orders
   where order_id in (select o ->> 'orderId' from jsonb_array_elements(p_orders) o);
  v_known := coalesce(v_known, '{}');

  for v_order in select o from jsonb_array_elements(p_orders) o loop
    if v_known ? (v_order ->> 'orderId') then
      v_answers := v_answers || jsonb_build_array(v_known -> (v_order ->> 'orderId'));
      continue;
    end if;

    select jsonb_agg(jsonb_build_object('sku', l.sku, 'title', coalesce(v_items -> l.sku ->> 'title', l.sku),
                       'quantity', l.quantity, 'unitPrice', coalesce((v_items -> l.sku ->> 'unitPrice')::bigint, 0),
                       'total', coalesce((v_items -> l.sku ->> 'unitPrice')::bigint, 0) * l.quantity) order by l.n),
           coalesce(sum((v_items -> l.sku ->> 'unitPrice')::bigint * l.quantity), 0)
      into v_lines, v_total
      from (select line ->> 'sku' as sku, (line ->> 'quantity')::bigint as quantity, n
              from jsonb_array_elements(v_order -> 'request' -> 'lines') with ordinality x(line, n)) l;

    v_status := 'reserved';
    v_reason := null;
    for v_line in
      select line ->> 'sku' as sku, sum((line ->> 'quantity')::bigint) as quantity
        from jsonb_array_elements(v_order -> 'request' -> 'lines') line
       group by 1 order by 1
    loop
      if v_items -> v_line.sku is null then
        v_status := 'rejected'; v_reason := 'unknown_sku';
        exit;
      elsif v_items -> v_line.sku ->> 'currency' <> v_order -> 'request' ->> 'currency' then
        v_status := 'rejected'; v_reason := 'currency_mismatch';
        exit;
      elsif (v_items -> v_line.sku ->> 'onHand')::bigint < v_line.quantity then
        v_status := 'out_of_stock'; v_reason := 'out_of_stock:' || v_line.sku;
      end if;
    end loop;
    if v_status = 'reserved' and v_total <> (v_order -> 'request' ->> 'expectedTotal')::bigint then
      v_status := 'rejected'; v_reason := 'total_mismatch';
    end if;

    if v_status = 'reserved' then
      for v_line in
        select line ->> 'sku' as sku, sum((line ->> 'quantity')::bigint) as quantity
          from jsonb_array_elements(v_order -> 'request' -> 'lines') line
         group by 1
      loop
        v_items := jsonb_set(v_items, array[v_line.sku, 'onHand'],
                             to_jsonb((v_items -> v_line.sku ->> 'onHand')::bigint - v_line.quantity));
        v_held := v_held || jsonb_build_object('orderId', v_order ->> 'orderId', 'sku', v_line.sku,
                                               'quantity', v_line.quantity);
      end loop;
    end if;

    v_answer := jsonb_strip_nulls(jsonb_build_object('orderId', v_order ->> 'orderId', 'status', v_status,
                  'reason', v_reason, 'total', v_total, 'currency', v_order -> 'request' ->> 'currency'));
    -- The same order twice in one call is one order.
    v_known := v_known || jsonb_build_object(v_order ->> 'orderId', v_answer);
    v_answers := v_answers || jsonb_build_array(v_answer);
    v_new := v_new || jsonb_build_array(v_order || v_answer || jsonb_build_object('lines', v_lines));
  end loop;

  if v_new = '[]' then
    return v_answers;
  end if;

  insert into orders (order_id, client_id, request_hash, status, reason, currency, total, lines, customer_email,
                      customer_name, shipping, payment_method, created_at, reserved_at, outcome_at, last_sequence)
  select o ->> 'orderId', o ->> 'clientId', o ->> 'requestHash', o ->> 'status', o ->> 'reason', o ->> 'currency',
         (o ->> 'total')::bigint, o -> 'lines', o -> 'request' -> 'customer' ->> 'email',
         o -> 'request' -> 'customer' ->> 'name', o -> 'request' -> 'shipping',
         o -> 'request' -> 'payment' ->> 'method', (o ->> 'placedAt')::timestamptz,
         case when o ->> 'status' = 'reserved' then clock_timestamp() end,
         case when o ->> 'status' <> 'reserved' then clock_timestamp() end,
         2
    from jsonb_array_elements(v_new) o
   order by 1
  on conflict (order_id) do nothing;
  get diagnostics v_count = row_count;
  if v_count <> jsonb_array_length(v_new) then
    -- It was released (cancelled) in this very moment, before it was reserved: the caller runs this again and is told.
    raise exception 'an order appeared while it was reserved' using errcode = 'serialization_failure';
  end if;

  insert into reservations (order_id, sku, quantity, state)
  select h ->> 'orderId', h ->> 'sku', (h ->> 'quantity')::bigint, 'held' from jsonb_array_elements(v_held) h;

  update stock_items i
     set on_hand = i.on_hand - t.quantity, held = i.held + t.quantity, updated_at = clock_timestamp()
    from (select h ->> 'sku' as sku, sum((h ->> 'quantity')::bigint) as quantity
            from jsonb_array_elements(v_held) h group by 1) t
   where i.sku = t.sku;

  insert into order_events (order_id, sequence, type, data)
  select o ->> 'orderId', e.sequence, 'com.durable-checkout.order.' || e.name || '.v1',
         jsonb_strip_nulls(jsonb_build_object('status', e.name, 'total', o -> 'total', 'currency', o -> 'currency',
           'reason', case when e.sequence = 2 then o -> 'reason' end,
           'lines', case when e.sequence = 1 then o -> 'lines' end))
    from jsonb_array_elements(v_new) o, lateral (values (1, 'placed'), (2, o ->> 'status')) e(sequence, name)
   order by 1, 2;

  return v_answers;
end $$;
