-- Refunds of paid orders. A refund is recorded as 'pending' before the provider is asked, and settled afterwards.

-- The money of refunds that are recorded and not settled yet.
create or replace function pending_refunds(p_order_id text) returns bigint language sql stable as $$
  select coalesce(sum(amount), 0)::bigint from refunds where order_id = p_order_id and status = 'pending';
$$;

-- How much has gone back of a payment by the refunds of its order. The reversal of a payment is none of them.
create or replace function settled_refunds(p_order_id text, p_attempt integer) returns bigint language sql stable as $$
  select coalesce(sum(amount), 0)::bigint from refunds
   where order_id = p_order_id and attempt = p_attempt and status in ('succeeded', 'resolved');
$$;

-- The number of the next refund of an order.
create or replace function next_refund_number(p_order_id text) returns integer language sql stable as $$
  select coalesce(max(number), 0) + 1 from refunds where order_id = p_order_id;
$$;

-- What a refund would give back: {amount, attempt, paymentIntentId, lines?: [{line, quantity, amount, uncaptured}]}, or why it is
-- refused: the members of `refusal`, and `lines`: [{line, left}] where too many pieces were asked for, or `disputeId` of the dispute because
-- of which the provider would refuse it. The caller holds the lock of the order, and has written its lines.
--
-- A cancellation of lines first reduces what is not captured yet, since that is not captured any more, and gives back the rest. A
-- return and a lost parcel give back as much as there is. Only a refund that was asked for is refused if there is too little.
--
-- What a dispute has taken back is not there any more. While it is undecided, a return and a lost parcel still give back their money: their
-- refund waits for an operator, because the provider refuses it.
create or replace function plan_refund(p_refund jsonb, p_order orders) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_kind     text := coalesce(p_refund ->> 'kind', 'requested');
  v_amount   bigint := (p_refund ->> 'amount')::bigint;
  v_asked    jsonb := p_refund -> 'lines';
  v_lines    jsonb := '[]';
  v_excess   jsonb;
  v_payment  payments;
  v_left     bigint;
  v_rest     bigint;
  v_unpaid   bigint := 0;
  v_line     record;
  v_pieces   bigint;
  v_share    bigint;
  v_absorbed bigint;
  v_dispute  text;
  v_code     text;
begin
  select * into v_payment from payments where order_id = p_order.order_id and not late
   order by captured > refunded desc, capturable > 0 desc, attempt limit 1;
  v_left := coalesce(v_payment.captured - v_payment.refunded, 0) - pending_refunds(p_order.order_id)
            - disputed_amount(p_order.order_id, v_payment.payment_intent_id, v_kind in ('return', 'lost'));
  if v_kind in ('requested', 'line_cancellation') then
    v_dispute := refusing_dispute(p_order.order_id, v_payment.payment_intent_id);
  end if;
  v_rest := greatest(v_left, 0);
  v_code := case
    when p_order.order_id is null then 'order_not_found'
    when v_kind in ('return', 'lost') and p_order.status = 'refunded' then null
    when p_order.cancelling or p_order.status <> all (paid_order_statuses()) then 'not_refundable'
    when v_dispute is not null then 'payment_disputed'
    when v_asked is null and (v_left <= 0 or v_amount > v_left) then 'refund_exceeds_captured'
  end;
  if v_code is not null then
    return refusal(v_code, v_left, p_order.status)
           || case when v_code = 'payment_disputed' then jsonb_build_object('disputeId', v_dispute) else '{}' end;
  end if;
  if v_asked is null and v_amount is null and (p_refund ->> 'restock')::boolean then
    v_asked := (select jsonb_agg(jsonb_build_object('line', line, 'quantity', quantity - cancelled - returned))
                  from order_lines where order_id = p_order.order_id and quantity > cancelled + returned);
  end if;
  if (p_refund ->> 'restock')::boolean then
    v_excess := refuse_restock(p_order.order_id, v_asked);
    if v_excess is not null then
      return refusal('not_restockable', v_left, p_order.status) || jsonb_build_object('lines', v_excess);
    end if;
  end if;

  if p_refund -> 'lines' is null then
    -- Everything that is left. Where more may be captured later, it is not known which pieces the money was for.
    if v_amount is null and v_payment.capturable = 0
       and not exists (select 1 from captures where order_id = p_order.order_id and status = 'pending') then
      v_lines := divide_among_lines(p_order.order_id, v_left);
    end if;
    return jsonb_build_object('amount', coalesce(v_amount, v_left), 'attempt', v_payment.attempt,
                              'paymentIntentId', v_payment.payment_intent_id, 'lines', nullif(v_lines, '[]'), 'restock', v_asked);
  end if;

  if v_kind in ('requested', 'line_cancellation') then
    select jsonb_agg(jsonb_build_object('line', asked.line, 'left', greatest(coalesce(
             case v_kind when 'requested' then l.quantity - l.refunded else l.quantity - l.cancelled - l.shipped end, 0), 0)))
      into v_excess
      from line_quantities(v_asked) asked
      left join order_lines l on l.order_id = p_order.order_id and l.line = asked.line
     where asked.quantity > coalesce(
             case v_kind when 'requested' then l.quantity - l.refunded else l.quantity - l.cancelled - l.shipped end, 0);
    if v_excess is not null then
      return refusal(case when v_kind = 'line_cancellation' and p_order.status <> 'paid' then 'too_late' else 'quantity_exceeds_line' end,
                     v_left, p_order.status) || jsonb_build_object('lines', v_excess);
    end if;
  end if;
  if v_kind = 'line_cancellation'
     and (select sum(quantity) from line_quantities(v_asked)) = (select sum(quantity - cancelled) from order_lines where order_id = p_order.order_id) then
    return refusal('cancels_whole_order', v_left, p_order.status);
  end if;
  if v_kind <> 'requested' and exists (select 1 from captures where order_id = p_order.order_id and status = 'pending') then
    -- Whether the money of the pieces goes back, or is not captured at all, is known only then.
    raise exception 'a capture of order % is in progress; the money of its lines can go back when it is settled', p_order.order_id
      using errcode = 'serialization_failure';
  end if;
  if v_kind = 'line_cancellation' then
    v_unpaid := greatest(p_order.total - coalesce(v_payment.captured, 0)
                         - (select sum(uncaptured_amount) from order_lines where order_id = p_order.order_id), 0);
  end if;

  v_amount := 0;
  for v_line in
    select l.*, asked.quantity as asked from line_quantities(v_asked) asked
      join order_lines l on l.order_id = p_order.order_id and l.line = asked.line order by l.line
  loop
    v_pieces := least(v_line.asked, v_line.quantity - v_line.refunded);
    continue when v_pieces = 0;
    -- What the pieces so far should have cost, less what they did: a skipped refund may have been of other pieces.
    v_share := greatest(line_share(v_line.amount, v_line.quantity, 0, v_line.refunded + v_pieces)
                        - v_line.refunded_amount - v_line.uncaptured_amount, 0);
    v_absorbed := least(v_share, v_unpaid);
    v_unpaid := v_unpaid - v_absorbed;
    if v_kind = 'requested' and v_share > v_rest then
      return refusal('refund_exceeds_captured', v_left, p_order.status);
    end if;
    v_absorbed := v_share - least(v_share - v_absorbed, v_rest);
    v_rest := v_rest - (v_share - v_absorbed);
    v_amount := v_amount + (v_share - v_absorbed);
    v_lines := v_lines || jsonb_build_array(jsonb_build_object('line', v_line.line, 'quantity', v_pieces,
                                                               'amount', v_share - v_absorbed, 'uncaptured', v_absorbed));
  end loop;
  return jsonb_build_object('amount', v_amount, 'attempt', v_payment.attempt, 'paymentIntentId', v_payment.payment_intent_id,
                            'lines', v_lines, 'restock', v_asked);
end $$;

-- Records refunds, never more in all than was captured.
-- p_refunds: [{refundId, orderId, amount?, lines?: [{line, quantity}], kind?, restock?, reason, requestHash, actor?}]; `kind` is 'requested',
-- 'line_cancellation', 'return' or 'lost'. Returns for each {refundId, orderId, requestHash, outcome: 'booked', number, amount,
-- paymentIntentId, status, begunAt} or {refundId, orderId, requestHash, outcome: 'refused', code, left, orderStatus, lines?}. A refund that
-- is recorded already is returned as it is.
--
-- A cancellation of lines takes the pieces from the order and puts them back on sale in the same transaction. Where no money has to
-- go back, as for a line that costs nothing, the refund is settled at once.
create or replace function begin_refunds(p_refunds jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_results jsonb := '[]';
  v_asked   jsonb;
  v_order   orders;
  v_plan    jsonb;
  v_kind    text;
begin
  perform lock_orders(order_ids(p_refunds));
  perform lock_levels(array_agg(r.sku), array_agg(r.location_id))
     from reservations r
    where r.order_id in (select asked ->> 'orderId' from jsonb_array_elements(p_refunds) asked
                          where asked ->> 'kind' = 'line_cancellation' or (asked ->> 'restock')::boolean);
  for v_asked in select r from jsonb_array_elements(p_refunds) r loop
    perform act_as(v_asked -> 'actor', v_asked ->> 'reason');
    if not exists (select 1 from refunds where refund_id = v_asked ->> 'refundId') then
      select * into v_order from orders where order_id = v_asked ->> 'orderId';
      v_kind := coalesce(v_asked ->> 'kind', 'requested');
      if v_asked -> 'amount' is null then
        perform ensure_order_lines(array[v_order.order_id]);
      end if;
      v_plan := plan_refund(v_asked, v_order);
      if v_plan ? 'code' then
        v_results := v_results || jsonb_build_array(jsonb_build_object('refundId', v_asked -> 'refundId',
          'orderId', v_asked -> 'orderId', 'requestHash', v_asked -> 'requestHash') || v_plan);
        continue;
      end if;
      insert into refunds (refund_id, order_id, number, kind, attempt, payment_intent_id, amount, lines, reason, request_hash,
                           status)
      values (v_asked ->> 'refundId', v_order.order_id, next_refund_number(v_order.order_id), v_kind,
              (v_plan ->> 'attempt')::integer, v_plan ->> 'paymentIntentId', (v_plan ->> 'amount')::bigint,
              -- What was missing for the pieces is given back with them, if the refund is not made. That of cancelled and returned pieces is
              -- not captured in any case.
              (select jsonb_agg(case when v_kind = 'requested' and (l ->> 'uncaptured')::bigint > 0 then l else l - 'uncaptured' end)
                 from jsonb_array_elements(nullif(v_plan -> 'lines', 'null')) l),
              v_asked ->> 'reason', v_asked ->> 'requestHash', 'pending');
      update refunds set status = 'succeeded' where refund_id = v_asked ->> 'refundId' and amount = 0;
      perform refund_lines(v_order.order_id, coalesce(nullif(v_plan -> 'lines', 'null'), '[]'));
      if v_kind = 'line_cancellation' then
        perform cancel_line_pieces(v_order.order_id, v_asked -> 'lines', v_asked ->> 'refundId');
      elsif (v_asked ->> 'restock')::boolean then
        perform restock_lines(v_order.order_id, coalesce(nullif(v_plan -> 'restock', 'null'), '[]'), v_asked ->> 'refundId');
      end if;
      if v_kind = 'requested' or (v_plan ->> 'amount')::bigint > 0 then
        perform append_order_event(array[v_order.order_id], 'refund_requested', jsonb_build_object(
          'refund', jsonb_build_object('refundId', v_asked -> 'refundId', 'amount', v_plan -> 'amount')));
      end if;
    end if;
    v_results := v_results || jsonb_build_array((
      select jsonb_build_object('refundId', refund_id, 'orderId', order_id, 'requestHash', request_hash,
               'outcome', 'booked', 'number', number,
               'amount', amount, 'paymentIntentId', coalesce(payment_intent_id, ''), 'status', status,
               'begunAt', iso_time(created_at))
        from refunds where refund_id = v_asked ->> 'refundId'));
  end loop;
  return v_results;
end $$;

-- Settles a pending refund: 'succeeded'; 'resolved', when an operator has given the money back by other means; or 'skipped', when
-- the money is kept after all. The caller holds the lock of the order. Returns false if the refund was settled before.
create or replace function settle_refund(p_refund_id text, p_status text) returns boolean language plpgsql as $$
declare
  v_refund refunds;
begin
  update refunds set status = p_status, updated_at = clock_timestamp()
   where refund_id = p_refund_id and status = 'pending' returning * into v_refund;
  if not found then
    return false;
  end if;
  if p_status = 'skipped' then
    perform unrefund_lines(v_refund);
    if v_refund.lines is null then
      perform recount_uncaptured(v_refund.order_id);
    end if;
  end if;
  update payments
     set refunded = refunded + case when p_status = 'skipped' then 0 else v_refund.amount end,
         status = case when p_status <> 'skipped' and captured = refunded + v_refund.amount and capturable = 0
                       then 'refunded' else status end,
         settled_by_hand = coalesce(operator_action(p_status), settled_by_hand),
         vouched_refunded = vouched_refunded + case p_status when 'resolved' then v_refund.amount else 0 end,
         vouched_kept = vouched_kept + case p_status when 'skipped' then v_refund.amount else 0 end,
         updated_at = clock_timestamp()
   where order_id = v_refund.order_id and attempt = v_refund.attempt;
  return true;
end $$;

-- The pieces that a refund was for are not refunded after all.
create or replace function unrefund_lines(p_refund refunds) returns void language sql as $$
  update order_lines l
     set refunded = l.refunded - given.quantity, refunded_amount = l.refunded_amount - given.amount,
         uncaptured_amount = greatest(l.uncaptured_amount - given.uncaptured, 0)
    from (select (r ->> 'line')::integer as line, sum((r ->> 'quantity')::bigint) as quantity, sum((r ->> 'amount')::bigint) as amount,
                 sum(coalesce((r ->> 'uncaptured')::bigint, 0)) as uncaptured
            from jsonb_array_elements(p_refund.lines) r group by 1) given
   where l.order_id = p_refund.order_id and l.line = given.line;
$$;

-- Cancels the pieces of a refunded order that were not handed over: nothing ships them any more, so they are on sale again. The caller
-- holds the lock of the order.
create or replace function cancel_unsent_lines(p_order_id text, p_reference text) returns void language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_unsent jsonb;
begin
  if exists (select 1 from reservations where order_id = p_order_id and state = 'committed') then
    perform ensure_order_lines(array[p_order_id]);
    select jsonb_agg(jsonb_build_object('line', line, 'quantity', quantity - cancelled - shipped)) into v_unsent
      from order_lines where order_id = p_order_id and quantity > cancelled + shipped;
    perform cancel_line_pieces(p_order_id, v_unsent, p_reference);
  end if;
end $$;

-- Appends the event of a refund that has been settled. An order that was paid and all of whose money has gone back becomes 'refunded', and
-- what was not handed over of it is cancelled. The caller holds the locks of the order and of the levels of its reservations.
create or replace function append_refund_event(p_refund_id text) returns void language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_refund refunds;
  v_all    boolean;
  v_type   text;
begin
  select * into v_refund from refunds where refund_id = p_refund_id;
  -- An order goes on after a cancellation of lines, even if its other lines cost nothing.
  v_all := not exists (select 1 from payments where order_id = v_refund.order_id and not late and (captured > refunded or capturable > 0))
           -- A cancellation in progress ends the order itself.
           and exists (select 1 from orders where order_id = v_refund.order_id and status = any(paid_order_statuses()) and not cancelling)
           and not (v_refund.kind = 'line_cancellation' and exists (
                      select 1 from order_lines where order_id = v_refund.order_id and quantity > greatest(cancelled, refunded)));
  v_type := case when v_refund.status = 'skipped' then 'refund_skipped' when v_all then 'refunded' else 'partially_refunded' end;
  if v_type = 'refunded' then
    update orders set status = 'refunded' where order_id = v_refund.order_id;
    perform cancel_unsent_lines(v_refund.order_id, v_refund.refund_id);
  end if;
  perform append_order_event(array[v_refund.order_id], v_type, jsonb_build_object('refund', jsonb_build_object(
    'refundId', v_refund.refund_id, 'amount', v_refund.amount, 'status', v_refund.status)));
end $$;

-- Somebody has refunded at the provider what a pending refund was to give back: at least its amount, after it began. The pending refund is
-- skipped, so that its money is counted once; the pieces that it was for are those of the other refund, and the event names that
-- (`madeBy`). The caller holds the lock of the order. Returns false if there is no such refund.
create or replace function take_up_outside_refund(p_refund_id text) returns boolean language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_refund refunds;
  v_made   refunds;
begin
  select * into v_refund from refunds where refund_id = p_refund_id and status = 'pending';
  select * into v_made from refunds made
   where order_id = v_refund.order_id and attempt = v_refund.attempt and kind = 'provider' and status = 'succeeded'
     and number > v_refund.number
     -- It may have made several of them.
     and amount >= v_refund.amount + (
           select coalesce(sum((data -> 'refund' ->> 'amount')::bigint), 0) from order_events
            where order_id = v_refund.order_id and data -> 'refund' ->> 'madeBy' = made.refund_id)
   order by amount, number limit 1;
  if v_made.refund_id is null then
    return false;
  end if;
  update refunds set status = 'skipped', updated_at = clock_timestamp() where refund_id = p_refund_id;
  update refunds set lines = coalesce(lines, '[]') || v_refund.lines, updated_at = clock_timestamp()
   where refund_id = v_made.refund_id and v_refund.lines is not null;
  perform act_as_provider();
  -- Both were counted until now.
  perform recount_uncaptured(v_refund.order_id);
  perform append_order_event(array[v_refund.order_id], 'refund_skipped', jsonb_build_object('refund', jsonb_build_object(
    'refundId', p_refund_id, 'amount', v_refund.amount, 'status', 'skipped', 'madeBy', v_made.refund_id)));
  return true;
end $$;

-- p_refunds: [{refundId, orderId, status}]. An order all of whose money has gone back becomes 'refunded', and what was not handed over of
-- it is cancelled. A refund that an operator ends, and that somebody has made at the provider, is skipped. Returns the orders.
create or replace function finish_refunds(p_refunds jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_settled jsonb;
begin
  perform lock_orders(order_ids(p_refunds));
  perform lock_reserved_levels(order_ids(p_refunds), array['committed']);
  for v_settled in select r from jsonb_array_elements(p_refunds) r loop
    perform act_for_settlement(f.order_id, v_settled ->> 'status', f.actor, f.reason) from refunds f where f.refund_id = v_settled ->> 'refundId';
    if v_settled ->> 'status' <> 'succeeded' and take_up_outside_refund(v_settled ->> 'refundId') then
      continue;
    end if;
    if not settle_refund(v_settled ->> 'refundId', v_settled ->> 'status') then
      continue;
    end if;
    perform append_refund_event(v_settled ->> 'refundId');
  end loop;
  return order_results(order_ids(p_refunds));
end $$;

-- A refund that succeeded came back to the shop, as when the customer's bank account was closed. 'succeeded': the money has gone to
-- the customer again; otherwise an operator has settled it, and vouches for its amount. p_refunds: [{orderId, paymentIntentId,
-- providerRefundId, amount?, status}]; without an amount it is all that was refunded of the payment. Recorded twice, it is one event.
create or replace function finish_returned_refunds(p_refunds jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_settled jsonb;
  v_data    jsonb;
begin
  perform lock_orders(order_ids(p_refunds));
  for v_settled in select r from jsonb_array_elements(p_refunds) r loop
    v_data := v_settled - 'orderId' - 'amount' - 'actor';
    if exists (select 1 from order_events where order_id = v_settled ->> 'orderId' and data -> 'refund' = v_data) then
      continue;
    end if;
    update payments
       set settled_by_hand = coalesce(operator_action(v_settled ->> 'status'), settled_by_hand),
           vouched_refunded = case when operator_action(v_settled ->> 'status') is null then vouched_refunded
                                   else least(vouched_refunded + coalesce((v_settled ->> 'amount')::bigint, refunded), refunded) end,
           updated_at = clock_timestamp()
     where payment_intent_id = v_settled ->> 'paymentIntentId';
    perform act_for_settlement(v_settled ->> 'orderId', v_settled ->> 'status', null, null);
    perform append_order_event(array[v_settled ->> 'orderId'], 'returned_refund_settled',
                               jsonb_build_object('refund', v_data));
  end loop;
  return order_results(order_ids(p_refunds));
end $$;
