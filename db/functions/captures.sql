-- Captures of authorised payments. A capture is recorded as 'pending' before the provider is asked, and settled afterwards.

-- The payment that the order's captures take their money from. An authorisation that the provider has ended because its time was over is
-- renewed by the next capture: while the order has no other money, it counts as if it still held its own, unless it was made again before.
create or replace function payment_to_capture(p_order_id text) returns payments language plpgsql stable as $$
declare
  v_payment payments;
begin
  select * into v_payment from payments where order_id = p_order_id and not late
   order by captured > refunded or capturable > 0 desc, case when hold_ended is not null then attempt end desc nulls last, attempt
   limit 1;
  if v_payment.hold_ended = 'expired' and v_payment.captured = 0 then
    v_payment.capturable := v_payment.amount;
  end if;
  return v_payment;
end $$;

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
    perform act_as(v_asked -> 'actor');
    select * into v_order from orders where order_id = v_asked ->> 'orderId';
    if not exists (select 1 from captures where capture_id = v_asked ->> 'captureId') then
      select * into v_payment from payments
       where order_id = v_order.order_id and capturable > 0 and not late order by attempt limit 1;
      if v_payment.order_id is null then
        v_payment := payment_to_capture(v_order.order_id);
      end if;
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
                             from payment_to_capture(c.order_id) p),
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
    -- Captures may be settled in another sequence than they were made in, and what the provider says may be older or newer than that: a
    -- capture that succeeded is added, and what the provider says beyond that was captured by somebody else. It may have been one of those
    -- that are not settled yet: as long as there are any, only what has succeeded counts.
    update payments p
       set (captured, capturable) = (
             select case when others.pending then least(p.captured + own.amount, p.amount)
                         else greatest(least(p.captured + own.amount, p.amount), (v_settled -> 'payment' ->> 'captured')::bigint) end,
                    case when own.final then 0
                         when others.pending then greatest(p.capturable - own.amount, 0)
                         else least(greatest(p.capturable - own.amount, 0), (v_settled -> 'payment' ->> 'capturable')::bigint) end
               from (select case c.status when 'succeeded' then c.amount else 0 end as amount, c.final and c.status = 'succeeded' as final
                       from captures c where c.capture_id = v_settled ->> 'captureId') own,
                    (select exists (select 1 from captures where order_id = v_settled ->> 'orderId' and status = 'pending') as pending) others),
           updated_at = clock_timestamp()
     where order_id = v_settled ->> 'orderId' and attempt = (v_settled -> 'payment' ->> 'attempt')::integer
       and v_settled -> 'payment' is not null;
    update payments
       set status = case when capturable > 0 then 'authorized' when captured = 0 then 'cancelled' else 'succeeded' end,
           hold_ended = case when captured = 0 and capturable = 0 then coalesce(hold_ended, 'released') else hold_ended end
     where order_id = v_settled ->> 'orderId' and attempt = (v_settled -> 'payment' ->> 'attempt')::integer
       and v_settled -> 'payment' is not null;
    perform act_for_settlement(c.order_id, c.status, c.actor, c.reason) from captures c where c.capture_id = v_settled ->> 'captureId';
    if v_settled ->> 'status' = 'resolved' then
      perform resolve_capture(v_settled);
    end if;
    perform append_order_event(array[order_id], case status when 'skipped' then 'capture_skipped' else 'captured' end,
                               jsonb_build_object('capture', jsonb_build_object('captureId', capture_id, 'amount', amount, 'status', status)))
       from captures where capture_id = v_settled ->> 'captureId';
    if v_settled -> 'payment' is not null then
      perform act_as_provider();
      perform book_outside_captures(v_settled ->> 'orderId');
    end if;
  end loop;
  return order_results(order_ids(p_captures));
end $$;

-- An operator has taken the money of a capture by other means. Where others have captured meanwhile, it was the rest of the payment: the
-- capture becomes as much as was left, without the money of cancelled lines. The caller holds the lock of the order, and has recorded what
-- the provider says.
create or replace function resolve_capture(p_settled jsonb) returns void language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_capture captures;
  v_payment payments;
begin
  select * into v_capture from captures where capture_id = p_settled ->> 'captureId';
  select * into v_payment from payments
   where order_id = v_capture.order_id and captured < amount
     and (capturable >= v_capture.amount or attempt = (p_settled -> 'payment' ->> 'attempt')::integer)
   order by attempt limit 1;
  v_capture.amount := least(v_capture.amount, v_payment.amount - v_payment.captured - (
    select coalesce(sum(uncaptured_amount), 0) from order_lines where order_id = v_capture.order_id));
  if v_payment.order_id is null or v_capture.amount <= 0 then
    -- What others have captured is recorded as their captures already: this one has taken nothing.
    update captures set status = 'skipped'
     where capture_id = v_capture.capture_id and captured_beside(v_capture.order_id) < 0;
    return;
  end if;
  update captures set amount = v_capture.amount where capture_id = v_capture.capture_id;
  update payments
     set captured = captured + v_capture.amount,
         capturable = case when v_capture.final then 0 else greatest(capturable - v_capture.amount, 0) end,
         status = case when v_capture.final or capturable <= v_capture.amount then 'succeeded' else 'authorized' end,
         settled_by_hand = 'resolve', vouched_captured = vouched_captured + v_capture.amount,
         vouched_hold = vouched_hold + case when v_capture.final then capturable else least(capturable, v_capture.amount) end,
         updated_at = clock_timestamp()
   where order_id = v_payment.order_id and attempt = v_payment.attempt;
end $$;

-- What others have captured of an order's money at the provider and is no capture of the order yet: as much as more is captured than its
-- captures add up to.
create or replace function captured_beside(p_order_id text) returns bigint language sql stable as $$
  select ((select coalesce(sum(captured), 0) from payments where order_id = p_order_id and not late)
          - (select coalesce(sum(amount), 0) from captures where order_id = p_order_id and status in ('succeeded', 'resolved')))::bigint;
$$;

-- What somebody has captured at the provider becomes a capture of the order, with its event. While a capture is not settled, it is not known
-- what that has taken, and nothing is recorded. The caller holds the lock of the order, which captures its money later than it is placed.
create or replace function book_outside_captures(p_order_id text) returns void language plpgsql as $$
begin
  if not exists (select 1 from captures where order_id = p_order_id and status = 'pending') then
    perform book_captures_beside(p_order_id);
  end if;
end $$;

-- The same where captures are not settled, and nothing that they have taken is recorded yet. Where the provider holds no money any more, it
-- will refuse those that it has not made: what others have captured is kept for them (`settle_refused_capture`), but not for the one that
-- has had its turn. p_said: what the provider says of the payment.
create or replace function book_captures_beside(p_order_id text, p_said jsonb default '{}') returns void language plpgsql as $$
declare
  v_outside bigint := captured_beside(p_order_id);
  v_id      text;
begin
  if (p_said ->> 'capturable')::bigint = 0 then
    v_outside := v_outside - (
      select coalesce(sum(amount), 0) from captures
       where order_id = p_order_id and status = 'pending' and not coalesce((p_said -> 'captures' ->> capture_id)::boolean, false)
         and capture_id is distinct from p_said ->> 'refusedCaptureId');
  end if;
  if v_outside > 0 then
    v_id := p_order_id || '/capture/outside-' || (select count(*) + 1 from captures where order_id = p_order_id);
    insert into captures (capture_id, order_id, amount, final, request_hash, status)
    values (v_id, p_order_id, v_outside, not exists (select 1 from payments where order_id = p_order_id and capturable > 0), '',
            'succeeded');
    perform append_order_event(array[p_order_id], 'captured', jsonb_build_object('capture', jsonb_build_object(
      'captureId', v_id, 'amount', v_outside, 'status', 'succeeded')));
    perform begin_refund_of_outside_capture(p_order_id, v_outside);
  end if;
end $$;

-- The provider will not make the pending capture `refusedCaptureId`, perhaps because others have captured meanwhile. If they have taken as much
-- as it was to take, it is made. If they have taken a part, and too little is left to capture, it becomes the part that is missing, as far as
-- that is left. Otherwise it stays as it is: the authorisation has ended, or the provider refuses it for another reason. Safe to repeat. The
-- caller holds the lock of the order, has recorded what the provider says of the payment (p_said), and records what others have captured then.
create or replace function settle_refused_capture(p_order_id text, p_said jsonb) returns void language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_capture    captures;
  v_beside     bigint := captured_beside(p_order_id);
  v_capturable bigint := (p_said ->> 'capturable')::bigint;
  v_left       bigint;
begin
  select * into v_capture from captures
   where capture_id = p_said ->> 'refusedCaptureId' and order_id = p_order_id and status = 'pending';
  if v_capture.capture_id is null or (p_said -> 'captures' ->> v_capture.capture_id)::boolean then
    return;
  end if;
  if v_beside >= v_capture.amount then
    update captures set status = 'succeeded', updated_at = clock_timestamp() where capture_id = v_capture.capture_id;
    perform append_order_event(array[p_order_id], 'captured', jsonb_build_object('capture', jsonb_build_object(
      'captureId', v_capture.capture_id, 'amount', v_capture.amount, 'status', 'succeeded')));
    return;
  end if;
  -- The money of cancelled lines is not captured.
  v_left := v_capturable - (select coalesce(sum(uncaptured_amount), 0) from order_lines where order_id = p_order_id);
  if v_left > 0 and v_capturable < v_capture.amount then
    update captures
       set amount = least(v_capture.amount - v_beside, v_left), updated_at = clock_timestamp(),
           final = final or v_capture.amount - v_beside >= v_left and not exists (
             select 1 from captures where order_id = p_order_id and status = 'pending' and capture_id <> v_capture.capture_id)
     where capture_id = v_capture.capture_id;
  end if;
end $$;

-- Records a pending refund of what others have captured of the money of cancelled lines, which the order does not want. The caller holds the
-- lock of the order, and has recorded the capture.
create or replace function begin_refund_of_outside_capture(p_order_id text, p_outside bigint) returns void language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_payment  payments;
  v_unwanted bigint;
  v_number   integer := next_refund_number(p_order_id);
  v_id       text := p_order_id || '/refunds/outside-capture/' || v_number;
  v_lines    jsonb;
begin
  select * into v_payment from payments where order_id = p_order_id and not late order by captured - refunded desc, attempt limit 1;
  select least(p_outside,
               (select sum(captured) from payments where order_id = p_order_id and not late) - o.total
                 + (select coalesce(sum(uncaptured_amount), 0) from order_lines where order_id = p_order_id),
               v_payment.captured - v_payment.refunded - pending_refunds(p_order_id)
                 - disputed_amount(p_order_id, v_payment.payment_intent_id))
    into v_unwanted
    from orders o where order_id = p_order_id and status = any(paid_order_statuses()) and not cancelling;
  if coalesce(v_unwanted, 0) <= 0 then
    return;
  end if;
  select jsonb_agg(jsonb_build_object('line', line, 'quantity', 0, 'amount', money) order by line) into v_lines
    from (select line, greatest(least(uncaptured_amount,
                                      v_unwanted - (sum(uncaptured_amount) over (order by line) - uncaptured_amount)), 0)::bigint as money
            from order_lines where order_id = p_order_id) divided
   where money > 0;
  -- It was counted as money that is not captured, and is refunded money now.
  perform refund_lines(p_order_id, (select jsonb_agg(l || jsonb_build_object('uncaptured', -(l ->> 'amount')::bigint))
                                      from jsonb_array_elements(v_lines) l));
  insert into refunds (refund_id, order_id, number, kind, attempt, payment_intent_id, amount, lines, request_hash, status)
  values (v_id, p_order_id, v_number, 'line_cancellation', v_payment.attempt, v_payment.payment_intent_id, v_unwanted, v_lines, '',
          'pending');
  perform append_order_event(array[p_order_id], 'refund_requested', jsonb_build_object('refund', jsonb_build_object(
    'refundId', v_id, 'amount', v_unwanted)));
end $$;

-- The pending refund of `begin_refund_of_outside_capture`: {refundId, number, amount}; null: there is none.
create or replace function refund_of_outside_capture(p_payment payments) returns jsonb language sql stable as $$
  select jsonb_build_object('refundId', refund_id, 'number', number, 'amount', amount) from refunds
   where order_id = p_payment.order_id and attempt = p_payment.attempt and status = 'pending'
     and starts_with(refund_id, order_id || '/refunds/outside-capture/')
   order by number limit 1;
$$;

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
