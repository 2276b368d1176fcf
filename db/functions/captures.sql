-- Captures of authorised payments. A capture is recorded as 'pending' before the provider is asked, and settled afterwards.

-- Records captures, never more in all than is authorised. p_captures: [{captureId, orderId, amount?, final?, requestHash}]. Returns for
-- each {captureId, orderId, requestHash, outcome: 'booked', amount, final, status, payment, order, waits?} or {captureId, orderId,
-- requestHash, outcome: 'refused', code, left, orderStatus}. A capture that is recorded already is returned as it is.
--
-- A final capture releases what is left of the authorisation. Sent before the other captures of its order, it would take their money
-- away: it `waits` until they are settled. Called again then, the function returns what is authorised by that time.
create or replace function begin_captures(p_captures jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_results jsonb := '[]';
  v_asked   jsonb;
  v_order   orders;
  v_payment payments;
  v_left    bigint;
  v_amount  bigint;
  v_code    text;
begin
  perform lock_orders(order_ids(p_captures));
  for v_asked in select c from jsonb_array_elements(p_captures) c loop
    select * into v_order from orders where order_id = v_asked ->> 'orderId';
    if not exists (select 1 from captures where capture_id = v_asked ->> 'captureId') then
      select * into v_payment from payments
       where order_id = v_order.order_id and capturable > 0 and not late order by attempt limit 1;
      select case when bool_or(final) then 0 else coalesce(v_payment.capturable, 0) - coalesce(sum(amount), 0) end
        into v_left from captures where order_id = v_order.order_id and status = 'pending';
      -- The money of cancelled lines is not captured.
      v_left := v_left - (select coalesce(sum(uncaptured_amount), 0) from order_lines where order_id = v_order.order_id);
      v_amount := coalesce((v_asked ->> 'amount')::bigint, v_left);
      v_code := case
        when v_order.order_id is null then 'order_not_found'
        when v_order.cancelling or v_order.status <> all (paid_order_statuses()) or v_left <= 0
          then 'not_capturable'
        when v_amount > v_left then 'capture_exceeds_authorized'
      end;
      if v_code is not null then
        v_results := v_results || jsonb_build_array(jsonb_build_object('captureId', v_asked -> 'captureId',
          'orderId', v_asked -> 'orderId', 'requestHash', v_asked -> 'requestHash') || refusal(v_code, v_left, v_order.status));
        continue;
      end if;
      insert into captures (capture_id, order_id, amount, final, request_hash, status)
      values (v_asked ->> 'captureId', v_order.order_id, v_amount,
              coalesce((v_asked ->> 'final')::boolean, v_amount = v_left), v_asked ->> 'requestHash', 'pending');
    end if;
    v_results := v_results || jsonb_build_array((
      select jsonb_build_object('captureId', c.capture_id, 'orderId', c.order_id, 'requestHash', c.request_hash,
               'outcome', 'booked', 'amount', c.amount,
               'final', c.final, 'status', c.status,
               'payment', (select jsonb_build_object('attempt', p.attempt, 'paymentIntentId', p.payment_intent_id,
                                    'captured', p.captured, 'capturable', p.capturable)
                             from payments p where p.order_id = c.order_id and not p.late
                            order by (p.captured > p.refunded or p.capturable > 0) desc, p.attempt limit 1),
               'order', jsonb_build_object('currency', v_order.currency, 'paymentMethod', v_order.payment_method,
                                           'placedAt', v_order.created_at))
        from captures c where c.capture_id = v_asked ->> 'captureId'));
  end loop;
  return (
    select jsonb_agg(case when result ->> 'status' = 'pending' and (result ->> 'final')::boolean and exists (
                            select 1 from captures other
                             where other.order_id = result ->> 'orderId' and other.status = 'pending'
                               and other.capture_id <> result ->> 'captureId')
                          then result || '{"waits": true}' else result end order by n)
      from jsonb_array_elements(v_results) with ordinality x (result, n));
end $$;

-- p_captures: [{captureId, orderId, status, payment?: {attempt, captured, capturable}}]; `payment` is what the provider says.
create or replace function finish_captures(p_captures jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_settled jsonb;
begin
  perform lock_orders(order_ids(p_captures));
  for v_settled in select c from jsonb_array_elements(p_captures) c loop
    update captures set status = v_settled ->> 'status', updated_at = clock_timestamp()
     where capture_id = v_settled ->> 'captureId' and status = 'pending';
    if not found then
      continue;
    end if;
    -- Captures may be settled in another sequence than they were made in: the authorised rest only ever decreases.
    update payments
       set captured = greatest(captured, (v_settled -> 'payment' ->> 'captured')::bigint),
           capturable = least(capturable, (v_settled -> 'payment' ->> 'capturable')::bigint),
           status = case when least(capturable, (v_settled -> 'payment' ->> 'capturable')::bigint) > 0 then 'authorized'
                         when greatest(captured, (v_settled -> 'payment' ->> 'captured')::bigint) = 0 then 'cancelled'
                         else 'succeeded' end,
           updated_at = clock_timestamp()
     where order_id = v_settled ->> 'orderId' and attempt = (v_settled -> 'payment' ->> 'attempt')::integer
       and v_settled -> 'payment' is not null;
    -- An operator has taken the money by other means.
    update payments p
       set captured = captured + c.amount, capturable = case when c.final then 0 else greatest(capturable - c.amount, 0) end,
           status = case when c.final or capturable <= c.amount then 'succeeded' else 'authorized' end,
           settled_by_hand = 'resolve', vouched_captured = vouched_captured + c.amount,
           vouched_hold = vouched_hold + case when c.final then capturable else least(capturable, c.amount) end,
           updated_at = clock_timestamp()
      from captures c
     where v_settled ->> 'status' = 'resolved' and c.capture_id = v_settled ->> 'captureId'
       and p.order_id = c.order_id and p.captured + c.amount <= p.amount
       and (p.capturable >= c.amount or p.attempt = (v_settled -> 'payment' ->> 'attempt')::integer);
    perform append_order_event(array[v_settled ->> 'orderId'],
      case v_settled ->> 'status' when 'skipped' then 'capture_skipped' else 'captured' end, (
        select jsonb_build_object('capture', jsonb_build_object('captureId', capture_id, 'amount', amount,
                                                                'status', status))
          from captures where capture_id = v_settled ->> 'captureId'));
    if v_settled -> 'payment' is not null then
      perform book_outside_captures(v_settled ->> 'orderId');
    end if;
  end loop;
  return order_results(order_ids(p_captures));
end $$;

-- Where more of an order's money is captured than its captures add up to, somebody has captured it at the provider: that becomes a
-- capture of the order, with its event. The caller holds the lock of the order, which captures its money later than it is placed.
create or replace function book_outside_captures(p_order_id text) returns void language plpgsql as $$
declare
  v_outside bigint;
  v_id      text;
begin
  select (select coalesce(sum(captured), 0) from payments where order_id = p_order_id and not late)
         - (select coalesce(sum(amount), 0) from captures where order_id = p_order_id and status in ('succeeded', 'resolved'))
    into v_outside
   -- What a capture that is not settled has taken is not known yet.
   where not exists (select 1 from captures where order_id = p_order_id and status = 'pending');
  if v_outside > 0 then
    v_id := p_order_id || '/capture/outside-' || (select count(*) + 1 from captures where order_id = p_order_id);
    insert into captures (capture_id, order_id, amount, final, request_hash, status)
    values (v_id, p_order_id, v_outside, not exists (select 1 from payments where order_id = p_order_id and capturable > 0), '',
            'succeeded');
    perform append_order_event(array[p_order_id], 'captured', jsonb_build_object('capture', jsonb_build_object(
      'captureId', v_id, 'amount', v_outside, 'status', 'succeeded')));
  end if;
end $$;

-- Records what somebody else has done with the payments of orders that capture later: what the provider says is captured, and what is
-- still authorised. p_payments: [{orderId, paymentIntentId, captured, capturable}]. Returns for each {orderId, refund?: {refundId,
-- amount}}; `refund` is that of an order which is being cancelled, and grows by what was captured meanwhile. Safe to repeat.
create or replace function reconcile_payments(p_payments jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_results jsonb := '[]';
  v_said    jsonb;
  v_order   orders;
  v_payment payments;
  v_refund  text;
  v_amount  bigint;
begin
  perform lock_orders(order_ids(p_payments));
  for v_said in select p from jsonb_array_elements(p_payments) p loop
    select * into v_order from orders where order_id = v_said ->> 'orderId';
    v_refund := v_order.order_id || '/cancellation';
    select * into v_payment from payments
     where order_id = v_order.order_id and payment_intent_id = v_said ->> 'paymentIntentId' and not late;
    if v_payment.captured < (v_said ->> 'captured')::bigint or v_payment.capturable > (v_said ->> 'capturable')::bigint then
      v_payment.captured := greatest(v_payment.captured, (v_said ->> 'captured')::bigint);
      v_payment.capturable := least(v_payment.capturable, (v_said ->> 'capturable')::bigint);
      update payments
         set captured = v_payment.captured, capturable = v_payment.capturable,
             status = case when v_payment.capturable > 0 then 'authorized' when v_payment.captured = 0 then 'cancelled'
                           else 'succeeded' end,
             updated_at = clock_timestamp()
       where order_id = v_payment.order_id and attempt = v_payment.attempt;
      perform book_outside_captures(v_order.order_id);
      if v_order.cancelling and v_payment.captured > v_payment.refunded then
        insert into refunds as r (refund_id, order_id, number, kind, attempt, payment_intent_id, amount, reason, request_hash, status)
        values (v_refund, v_order.order_id, next_refund_number(v_order.order_id), 'cancellation', v_payment.attempt,
                v_payment.payment_intent_id, v_payment.captured - v_payment.refunded, 'cancelled', '', 'pending')
        on conflict (refund_id) do update set amount = excluded.amount where r.status = 'pending';
      end if;
    end if;
    select amount into v_amount from refunds where refund_id = v_refund and status = 'pending';
    v_results := v_results || jsonb_build_array(jsonb_strip_nulls(jsonb_build_object('orderId', v_said -> 'orderId',
      'refund', case when v_amount is not null then jsonb_build_object('refundId', v_refund, 'amount', v_amount) end)));
  end loop;
  return v_results;
end $$;

-- An authorisation has expired and was made again as another attempt: the expired one holds no money any more.
-- p_payments: [{orderId, payment: {attempt, …}}]
create or replace function renew_authorizations(p_payments jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
begin
  perform lock_orders(order_ids(p_payments));
  update payments p
     set capturable = 0, status = case when captured = 0 then 'cancelled' else 'succeeded' end,
         updated_at = clock_timestamp()
    from jsonb_array_elements(p_payments) renewed
   where p.order_id = renewed ->> 'orderId' and p.attempt < (renewed -> 'payment' ->> 'attempt')::integer
     and p.capturable > 0;
  perform record_payments(p_payments);
  return order_results(order_ids(p_payments));
end $$;
