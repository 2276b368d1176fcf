-- Returns of delivered goods. A return is requested, then opened or declined; its pieces are received, and it is closed. A change of a
-- return is made under the lock of its order, so that no piece is returned twice.

-- The sequence number of the newest event of a return that its workflow acts on, as the relay tells it of (src/returns/return-destination.ts).
-- Events of the order that come later, such as its refund, do not change it: a repeated request adds nothing to the workflow's history.
create or replace function newest_return_event(p_order_id text, p_return_id text) returns bigint language sql stable as $$
  select max(sequence) from order_events
   where order_id = p_order_id and data -> 'return' ->> 'returnId' = p_return_id
     and type = any (array[order_event_type('return_opened'), order_event_type('return_declined'), order_event_type('return_cancelled'),
                           order_event_type('return_received'), order_event_type('return_closed')]);
$$;

-- The pieces of each line that may be returned: delivered, not returned, not expected by another return, and not delivered longer ago
-- than `p_window_ms`, in milliseconds; null: however long ago. Which piece of a line comes back is not known: the oldest come first.
create or replace function returnable_lines(p_order_id text, p_window_ms bigint) returns table (line integer, pieces bigint) language sql stable as $$
  select l.line, least(with_customer.pieces, l.delivered - coalesce((
           select sum(sl.quantity) from shipments s join shipment_lines sl using (shipment_id)
            where s.order_id = p_order_id and sl.line = l.line and s.status = 'delivered'
              and s.delivered_at < clock_timestamp() - p_window_ms * interval '1 millisecond'), 0))::bigint
    from order_lines l join delivered_lines(p_order_id) with_customer using (line)
   where l.order_id = p_order_id;
$$;

-- The pieces of a return that have not arrived and are not reported as missing.
create or replace function expected_pieces(p_return_id text) returns bigint language sql stable as $$
  select coalesce(sum(quantity - received - missing), 0)::bigint from return_lines where return_id = p_return_id;
$$;

-- The return as it is in the data of an event and in results. p_lines: what of it the event is about; null: all its lines.
create or replace function return_summary(p_return_id text, p_lines jsonb default null) returns jsonb language sql stable as $$
  select jsonb_strip_nulls(jsonb_build_object('returnId', return_id, 'number', number, 'status', status, 'lines', coalesce(p_lines, (
           select jsonb_agg(jsonb_build_object('line', line, 'sku', sku, 'quantity', quantity) order by line)
             from return_lines where return_id = p_return_id))))
    from returns where return_id = p_return_id;
$$;

-- Locks the orders of [{returnId, …}].
create or replace function lock_orders_of_returns(p_items jsonb) returns void language sql as $$
  select lock_orders(array(select r.order_id from returns r join jsonb_array_elements(p_items) i on r.return_id = i ->> 'returnId'));
$$;

-- The members of a refused result. p_lines: [{line, left}].
create or replace function return_refusal(p_code text, p_status text, p_lines jsonb default null) returns jsonb language sql immutable as $$
  select jsonb_strip_nulls(jsonb_build_object('outcome', 'refused', 'code', p_code, 'status', p_status, 'lines', p_lines));
$$;

-- Records requests to return goods.
-- p_returns: [{returnId, orderId, lines: [{line, quantity}], reason?, exchange?: [{sku, quantity}], windowMs, requestHash, actor?}]. Returns
-- for each {returnId, orderId, requestHash, outcome: 'booked', number, status} or {…, outcome: 'refused', code, lines?: [{line, left}]}. A
-- return that is recorded already is returned as it is.
create or replace function request_returns(p_returns jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_results jsonb := '[]';
  v_asked   jsonb;
  v_order   orders;
  v_return  returns;
  v_excess  jsonb;
begin
  perform lock_orders(order_ids(p_returns));
  for v_asked in select r from jsonb_array_elements(p_returns) r loop
    perform act_as(v_asked -> 'actor', v_asked ->> 'reason');
    select * into v_return from returns where return_id = v_asked ->> 'returnId';
    if not found then
      select * into v_order from orders where order_id = v_asked ->> 'orderId';
      select jsonb_agg(jsonb_build_object('line', asked.line, 'left', greatest(coalesce(able.pieces, 0), 0)))
        into v_excess
        from line_quantities(v_asked -> 'lines') asked
        left join returnable_lines(v_order.order_id, (v_asked ->> 'windowMs')::bigint) able using (line)
       where asked.quantity > coalesce(able.pieces, 0);
      if v_order.order_id is null or v_excess is not null then
        v_results := v_results || jsonb_build_array(jsonb_build_object('returnId', v_asked -> 'returnId', 'orderId', v_asked -> 'orderId',
          'requestHash', v_asked -> 'requestHash')
          || return_refusal(case when v_order.order_id is null then 'order_not_found' else 'not_returnable' end, null, v_excess));
        continue;
      end if;
      insert into returns (return_id, order_id, number, status, reason, request_hash, exchange, exchange_state, actor)
      select v_asked ->> 'returnId', v_order.order_id, coalesce(max(number), 0) + 1, 'requested', v_asked ->> 'reason',
             v_asked ->> 'requestHash', v_asked -> 'exchange', case when v_asked -> 'exchange' is null then 'none' else 'wanted' end, v_asked -> 'actor'
        from returns where order_id = v_order.order_id
      returning * into v_return;
      insert into return_lines (return_id, line, sku, quantity)
      select v_return.return_id, asked.line, l.sku, asked.quantity
        from line_quantities(v_asked -> 'lines') asked join order_lines l on l.order_id = v_order.order_id and l.line = asked.line;
      perform append_order_event(array[v_order.order_id], 'return_requested',
                                 jsonb_build_object('return', return_summary(v_return.return_id)));
    end if;
    v_results := v_results || jsonb_build_array(jsonb_build_object('returnId', v_return.return_id, 'orderId', v_return.order_id,
      'requestHash', v_return.request_hash, 'outcome', 'booked', 'number', v_return.number, 'status', v_return.status));
  end loop;
  return v_results;
end $$;

-- Opens, declines, cancels, closes or reopens returns. A return that is in the status already is not changed.
-- p_decisions: [{returnId, action, note?, label?, actor?}]; `label`: a label is bought when the return is opened. Returns for each
-- {returnId, orderId, number, outcome: 'done', status, sequence} or {returnId, outcome: 'refused', code, status?, lines?}; `sequence` is
-- that of the newest event of the order.
create or replace function decide_returns(p_decisions jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_results jsonb := '[]';
  v_asked   jsonb;
  v_return  returns;
  v_target  text;
  v_code    text;
  v_excess  jsonb;
begin
  perform lock_orders_of_returns(p_decisions);
  for v_asked in select d from jsonb_array_elements(p_decisions) d loop
    perform act_as(v_asked -> 'actor', v_asked ->> 'note');
    select * into v_return from returns where return_id = v_asked ->> 'returnId';
    v_target := case v_asked ->> 'action' when 'open' then 'open' when 'reopen' then 'open' when 'decline' then 'declined'
                  when 'cancel' then 'cancelled' when 'close' then 'closed' end;
    v_excess := null;
    v_code := case
      when v_return.return_id is null then 'return_not_found'
      when v_return.status = v_target then null
      when (v_asked ->> 'action', v_return.status) in (('open', 'requested'), ('decline', 'requested'), ('cancel', 'requested'),
                                                       ('close', 'open')) then null
      when (v_asked ->> 'action', v_return.status) = ('cancel', 'open')
        and not exists (select 1 from return_receipts where return_id = v_return.return_id) then null
      when (v_asked ->> 'action', v_return.status) = ('reopen', 'closed') and expected_pieces(v_return.return_id) > 0 then null
      else 'return_state_conflict'
    end;
    if v_code is null and v_asked ->> 'action' = 'reopen' and v_return.status = 'closed' then
      -- Pieces that did not come back with this return may have come back with another one meanwhile.
      select jsonb_agg(jsonb_build_object('line', rl.line, 'left', able.pieces)) into v_excess
        from return_lines rl join delivered_lines(v_return.order_id) able using (line)
       where rl.return_id = v_return.return_id and rl.quantity - rl.received - rl.missing > able.pieces;
      v_code := case when v_excess is not null then 'not_returnable' end;
    end if;
    if v_code is not null then
      v_results := v_results || jsonb_build_array(jsonb_build_object('returnId', v_asked -> 'returnId')
                     || return_refusal(v_code, v_return.status, v_excess));
      continue;
    end if;
    if v_return.status <> v_target then
      update returns
         set status = v_target, note = coalesce(v_asked ->> 'note', note), actor = v_asked -> 'actor', updated_at = clock_timestamp(),
             label = case when (v_asked ->> 'label')::boolean and label = 'none' then 'wanted' else label end
       where return_id = v_return.return_id;
      perform append_order_event(array[v_return.order_id], case v_target when 'open' then 'return_opened' else 'return_' || v_target end,
                                 jsonb_build_object('return', return_summary(v_return.return_id)));
    end if;
    v_results := v_results || jsonb_build_array(jsonb_build_object('returnId', v_return.return_id, 'orderId', v_return.order_id,
      'number', v_return.number, 'outcome', 'done', 'status', v_target, 'sequence', newest_return_event(v_return.order_id, v_return.return_id)));
  end loop;
  return v_results;
end $$;

-- Records what has arrived of open returns, and what became of each piece.
-- p_receipts: [{returnId, receiptId, refundId, lines: [{line, quantity, disposition}], location?, actor?}]; the pieces that are not missing are
-- refunded by the refund `refundId`. Returns for each {returnId, orderId, number, outcome: 'booked', status} or {returnId, outcome:
-- 'refused', code, status?, lines?}. A receipt that is recorded already changes nothing; with other lines it is refused.
create or replace function receive_returns(p_receipts jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_results jsonb := '[]';
  v_asked   jsonb;
  v_return  returns;
  v_lines   jsonb;
  v_excess  jsonb;
  v_before  jsonb;
  v_code    text;
begin
  perform lock_orders_of_returns(p_receipts);
  for v_asked in select r from jsonb_array_elements(p_receipts) r loop
    perform act_as(v_asked -> 'actor');
    select * into v_return from returns where return_id = v_asked ->> 'returnId';
    select jsonb_agg(jsonb_build_object('line', line, 'quantity', quantity, 'disposition', disposition) order by line, disposition)
      into v_lines
      from (select (l ->> 'line')::integer as line, l ->> 'disposition' as disposition, sum((l ->> 'quantity')::bigint) as quantity
              from jsonb_array_elements(v_asked -> 'lines') l group by 1, 2) grouped;
    select jsonb_agg(jsonb_build_object('line', line, 'quantity', quantity, 'disposition', disposition) order by line, disposition)
      into v_before
      from return_receipts where return_id = v_return.return_id and receipt_id = v_asked ->> 'receiptId';
    select jsonb_agg(jsonb_build_object('line', asked.line, 'left', coalesce(rl.quantity - rl.received - rl.missing, 0)))
      into v_excess
      from line_quantities(v_lines) asked
      left join return_lines rl on rl.return_id = v_return.return_id and rl.line = asked.line
     where v_before is null and asked.quantity > coalesce(rl.quantity - rl.received - rl.missing, 0);
    v_code := case
      when v_return.return_id is null then 'return_not_found'
      when v_before <> v_lines then 'idempotency_key_reused'
      when v_before is not null then null
      when v_return.status <> 'open' then 'return_state_conflict'
      when not exists (select 1 from locations where location_id = coalesce(v_asked ->> 'location', 'default')) then 'location_not_found'
      when v_excess is not null then 'quantity_exceeds_line'
    end;
    if v_code is not null then
      v_results := v_results || jsonb_build_array(jsonb_build_object('returnId', v_asked -> 'returnId')
                     || return_refusal(v_code, v_return.status, v_excess));
      continue;
    end if;
    if v_before is null then
      insert into return_receipts (return_id, receipt_id, line, disposition, quantity, location_id, refund_id)
      select v_return.return_id, v_asked ->> 'receiptId', (l ->> 'line')::integer, l ->> 'disposition', (l ->> 'quantity')::bigint,
             coalesce(v_asked ->> 'location', shipped_from(v_return.order_id, (l ->> 'line')::integer)),
             case when l ->> 'disposition' <> 'missing' then v_asked ->> 'refundId' end
        from jsonb_array_elements(v_lines) l;
      update return_lines rl
         set received = rl.received + arrived.received, missing = rl.missing + arrived.missing
        from (select (l ->> 'line')::integer as line,
                     coalesce(sum((l ->> 'quantity')::bigint) filter (where l ->> 'disposition' <> 'missing'), 0) as received,
                     coalesce(sum((l ->> 'quantity')::bigint) filter (where l ->> 'disposition' = 'missing'), 0) as missing
                from jsonb_array_elements(v_lines) l group by 1) arrived
       where rl.return_id = v_return.return_id and rl.line = arrived.line;
      update returns set actor = v_asked -> 'actor', updated_at = clock_timestamp() where return_id = v_return.return_id;
      perform return_pieces(v_return.order_id, coalesce((
        select jsonb_agg(l) from jsonb_array_elements(v_lines) l where l ->> 'disposition' <> 'missing'), '[]'),
        v_asked ->> 'location', v_return.return_id);
      perform append_order_event(array[v_return.order_id], 'return_received',
                                 jsonb_build_object('return', return_summary(v_return.return_id, v_lines)));
    end if;
    v_results := v_results || jsonb_build_array(jsonb_build_object('returnId', v_return.return_id, 'orderId', v_return.order_id,
      'number', v_return.number, 'outcome', 'booked', 'status', v_return.status, 'sequence', newest_return_event(v_return.order_id, v_return.return_id)));
  end loop;
  return v_results;
end $$;

-- What the workflow of each return has to do next. p_returns: [{returnId}]. Returns for each {returnId, orderId, number, status, label,
-- received, complete, exchange, skippedMails: [kind], refunds: [{refundId, lines: [{line, quantity}], status}]}: `received` once something
-- has arrived, `complete` once nothing is expected any more; `exchange` as in `exchange_state`; `skippedMails` are those that an operator
-- has decided not to send; the status of a refund is 'none', 'pending' or 'settled'.
create or replace function return_work(p_returns jsonb) returns jsonb language sql stable
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
  select jsonb_agg(jsonb_build_object('returnId', r.return_id, 'orderId', r.order_id, 'number', r.number, 'status', r.status,
           'label', r.label, 'exchange', r.exchange_state,
           'received', exists (select 1 from return_lines l where l.return_id = r.return_id and l.received > 0),
           'complete', expected_pieces(r.return_id) = 0,
           'skippedMails', (select coalesce(jsonb_agg(kind), '[]') from unnest(array['return_label', 'return_declined', 'return_received']) kind
                             where was_skipped(r.order_id, 'notify ' || kind || ' ' || r.number)),
           'refunds', coalesce((
             select jsonb_agg(jsonb_build_object('refundId', c.refund_id, 'lines', c.lines, 'status', case
                      when f.refund_id is null then 'none' when f.status = 'pending' then 'pending' else 'settled' end) order by c.at)
               from (select refund_id, min(at) as at, jsonb_agg(jsonb_build_object('line', line, 'quantity', quantity)) as lines
                       from return_receipts where return_id = r.return_id and refund_id is not null group by 1) c
               left join refunds f using (refund_id)), '[]')) order by n)
    from jsonb_array_elements(p_returns) with ordinality asked (item, n)
    join returns r on r.return_id = item ->> 'returnId';
$$;

-- Records what the carrier has made for returns. p_labels: [{returnId, carrierShipmentId?, label?: 'bought' | 'skipped' | 'refused',
-- carrier?, trackingCode?, labelUrl?}]. The carrier's id is kept before the label is bought, so that it is bought once; the first one
-- counts. 'refused': the carrier does not sell the label of this carrier shipment, so that another one may be made, for example with a
-- corrected address. Returns for each {returnId, carrierShipmentId, label}.
create or replace function record_return_labels(p_labels jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
begin
  perform lock_orders_of_returns(p_labels);
  update returns r
     set carrier_shipment_id = case when l ->> 'label' is distinct from 'refused'
                                      then coalesce(r.carrier_shipment_id, l ->> 'carrierShipmentId')
                                    when r.label = 'bought' or r.carrier_shipment_id <> l ->> 'carrierShipmentId'
                                      then r.carrier_shipment_id end,
         label = case r.label when 'wanted' then coalesce(nullif(l ->> 'label', 'refused'), r.label) else r.label end,
         carrier = coalesce(l ->> 'carrier', r.carrier), tracking_code = coalesce(l ->> 'trackingCode', r.tracking_code),
         label_url = coalesce(l ->> 'labelUrl', r.label_url), updated_at = clock_timestamp()
    from jsonb_array_elements(p_labels) l where r.return_id = l ->> 'returnId';
  return (select jsonb_agg(jsonb_build_object('returnId', r.return_id, 'carrierShipmentId', r.carrier_shipment_id, 'label', r.label) order by n)
            from jsonb_array_elements(p_labels) with ordinality asked (item, n) join returns r on r.return_id = item ->> 'returnId');
end $$;

-- Records the orders that exchanges have made, or that an operator has decided to make none.
-- p_exchanges: [{returnId, exchangeState: 'placed' | 'skipped', exchangeOrderId?}]. Returns for each {returnId, exchange}.
create or replace function record_exchanges(p_exchanges jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
begin
  perform lock_orders_of_returns(p_exchanges);
  update returns r
     set exchange_state = e ->> 'exchangeState', exchange_order_id = e ->> 'exchangeOrderId', updated_at = clock_timestamp()
    from jsonb_array_elements(p_exchanges) e where r.return_id = e ->> 'returnId' and r.exchange_state = 'wanted';
  return (select jsonb_agg(jsonb_build_object('returnId', r.return_id, 'exchange', r.exchange_state) order by n)
            from jsonb_array_elements(p_exchanges) with ordinality asked (item, n) join returns r on r.return_id = item ->> 'returnId');
end $$;

-- What the label and the exchange order of each return need. p_returns: [{returnId}]. Returns for each {returnId, orderId, clientId,
-- carrierShipmentId?, customer, shipping?, locale?, currency, paymentMethod, exchange?, location: {locationId, name, address?},
-- lines: [{sku, quantity}], weightGrams}. A piece whose item has no weight counts as 500 g.
create or replace function return_details(p_returns jsonb) returns jsonb language sql stable
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
  select jsonb_agg(jsonb_strip_nulls(jsonb_build_object('returnId', r.return_id, 'orderId', r.order_id, 'clientId', o.client_id,
           'carrierShipmentId', r.carrier_shipment_id,
           'customer', jsonb_build_object('email', o.customer_email, 'name', o.customer_name), 'shipping', o.shipping, 'locale', o.locale,
           'currency', o.currency, 'paymentMethod', o.payment_method, 'exchange', r.exchange,
           'location', jsonb_build_object('locationId', place.location_id, 'name', place.name, 'address', place.address),
           'lines', lines.items, 'weightGrams', lines.weight)) order by n)
    from jsonb_array_elements(p_returns) with ordinality asked (item, n)
    join returns r on r.return_id = item ->> 'returnId'
    join orders o using (order_id)
   cross join lateral (select jsonb_agg(jsonb_build_object('sku', l.sku, 'quantity', l.quantity) order by l.line) as items,
                              sum(l.quantity * coalesce(i.weight_grams, 500)) as weight, min(l.line) as first
                         from return_lines l join stock_items i using (sku) where l.return_id = r.return_id) lines
    join locations place on place.location_id = shipped_from(r.order_id, lines.first);
$$;
