-- What was done with payments at the provider by somebody else: a person in its dashboard, another system, the provider itself.

-- The ids of the payments of the orders that the provider is asked for, and of their pending captures. p_orders: [{orderId}]. Returns for
-- each {orderId, paymentIntentIds, captureIds}.
create or replace function known_payments(p_orders jsonb) returns jsonb language sql stable as $$
  select coalesce(jsonb_agg(jsonb_build_object('orderId', asked.o ->> 'orderId', 'paymentIntentIds', (
           select coalesce(jsonb_agg(payment_intent_id order by attempt), '[]') from payments
            where order_id = asked.o ->> 'orderId' and payment_intent_id is not null), 'captureIds', (
           select coalesce(jsonb_agg(capture_id order by created_at, capture_id), '[]') from captures
            where order_id = asked.o ->> 'orderId' and status = 'pending')) order by asked.n), '[]')
    from jsonb_array_elements(p_orders) with ordinality asked(o, n);
$$;

-- Brings the records of payments to what the provider says of them, in one transaction with the events.
-- p_payments: [{orderId, paymentIntentId, requestId?, captured, capturable, status?, amount?, expired?, captureBefore?,
--               refunds?: [{providerRefundId, refundId?, amount}], failedRefunds?: [providerRefundId], returnedRefunds?: [refundId],
--               settledByHand?: 'skip' | 'resolve', refusedRefundId?, refusedCaptureId?, captures?: {captureId: boolean}}]
-- `refunds` are those that have not failed, and `failedRefunds` those that somebody else has made and that have. Without `refunds` they
-- are left as they are. `returnedRefunds`: those of this service that have failed, and were not made again. `settledByHand`: an operator
-- has ended the reversal of a payment that the order does not want. `refusedRefundId`: a pending refund that the provider will not make.
-- `refusedCaptureId`: a pending capture that the provider will not make. `captures`: whether the provider has made these pending captures; what
-- they have taken is recorded when they are settled.
--
-- Returns for each {orderId, paymentIntentId, outcome} with
--   outcome: 'undecided', nothing is recorded, because the order's own workflow decides about the payment; 'busy', nothing is recorded,
--     because a capture that is not in `captures` or the cancellation of the order is in progress; 'recorded'
--   release: true, where the payment holds money that the order does not want
--   refundTotal, where it has taken money that the order does not want: all of it has to be refunded
--   refund: {refundId, amount}, the pending refund of an order that is being cancelled
--   unwanted: {refundId, number, amount}, the pending refund of money of cancelled lines that others have captured
--   notReplaced: {refundId: amount}, how much of `returnedRefunds` nobody has refunded instead
--   refunds: the numbers of the refunds that were found at the provider, for the customer's mails
--   ended: 'expired' | 'released', where a paid order has lost money that its payment held, and `missing`: how much
--   excess: what has gone back beyond what was captured
--   returned: what has come back of the refunds that somebody else had made, and does not go back by itself
--   currency: of the order
-- Safe to repeat: what is recorded already changes nothing, and the same `requestId` returns what it returned.
create or replace function reconcile_payments(p_payments jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_results jsonb := '[]';
  v_said    jsonb;
  v_order   orders;
begin
  perform lock_orders(order_ids(p_payments));
  perform act_as_provider();
  perform lock_reserved_levels(order_ids(p_payments), array['committed']);
  for v_said in select p from jsonb_array_elements(p_payments) p loop
    select * into v_order from orders where order_id = v_said ->> 'orderId';
    v_results := v_results || jsonb_build_array(jsonb_build_object('orderId', v_said -> 'orderId',
      'paymentIntentId', v_said -> 'paymentIntentId') || jsonb_strip_nulls(remember_reconciliation(v_said, reconcile_payment(v_said, v_order))));
  end loop;
  return v_results;
end $$;

-- Adds to the result of `reconcile_payment` what an earlier run of the same request has changed, which is said only once otherwise: the
-- answer of that run may be lost, and the customer's mails and the operator's attention depend on it.
create or replace function remember_reconciliation(p_said jsonb, p_result jsonb) returns jsonb language plpgsql as $$
declare
  v_changed jsonb := jsonb_strip_nulls(jsonb_build_object('refunds', p_result -> 'refunds', 'ended', p_result -> 'ended',
                                                          'missing', p_result -> 'missing', 'excess', p_result -> 'excess',
                                                          'returned', p_result -> 'returned'));
  v_earlier jsonb;
begin
  select reconciliation -> 'changed' into v_earlier from payments
   where order_id = p_said ->> 'orderId' and payment_intent_id = p_said ->> 'paymentIntentId'
     and reconciliation ->> 'requestId' = p_said ->> 'requestId';
  if v_changed <> '{}' then
    v_changed := coalesce(v_earlier, '{}') || v_changed
      || case when v_earlier ? 'refunds' and v_changed ? 'refunds'
              then jsonb_build_object('refunds', (v_earlier -> 'refunds') || (v_changed -> 'refunds')) else '{}' end;
    update payments set reconciliation = jsonb_build_object('requestId', p_said -> 'requestId', 'changed', v_changed)
     where order_id = p_said ->> 'orderId' and payment_intent_id = p_said ->> 'paymentIntentId' and p_said ? 'requestId';
  else
    v_changed := coalesce(v_earlier, '{}');
  end if;
  return p_result || v_changed;
end $$;

-- One payment of `reconcile_payments`. The caller holds the locks of the order and of the levels of its reservations.
create or replace function reconcile_payment(p_said jsonb, p_order orders) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_payment payments;
  v_before  payments;
  v_ended   boolean;
  v_found   jsonb := '{}';
  v_total   bigint;
  v_missing bigint;
  v_ours    bigint;
begin
  select * into v_payment from payments
   where order_id = p_order.order_id and payment_intent_id = p_said ->> 'paymentIntentId';
  v_before := v_payment;
  v_ended := p_order.status = any(ended_order_statuses());
  if p_order.order_id is null or p_order.outcome_at is null then
    return '{"outcome": "undecided"}';
  end if;
  -- The refunds are given by everybody but the cancellation itself, which knows what it has done with the authorisation.
  if (p_said ? 'refunds' and p_order.cancelling and not p_said ? 'refusedRefundId')
     or exists (select 1 from captures where order_id = p_order.order_id and status = 'pending'
                                         and not coalesce(p_said -> 'captures' ? capture_id, false)) then
    return '{"outcome": "busy"}';
  end if;

  if v_payment.order_id is null or v_payment.late
     or (p_order.status = any(failed_order_statuses()) and v_payment.captured = 0 and (p_said ->> 'captured')::bigint > 0) then
    return reconcile_late_payment(p_said, p_order);
  end if;

  -- What captures in progress have taken is recorded when they are settled.
  select coalesce(sum(amount), 0) into v_ours from captures
   where order_id = p_order.order_id and status = 'pending' and (p_said -> 'captures' ->> capture_id)::boolean;
  v_payment.captured := greatest(v_payment.captured, (p_said ->> 'captured')::bigint - v_ours);
  v_payment.capturable := least(v_payment.capturable, (p_said ->> 'capturable')::bigint + v_ours);
  if v_payment.capturable = 0 and v_before.capturable > 0 then
    -- The money of cancelled lines is not captured, and nobody misses it.
    v_missing := v_before.capturable - (v_payment.captured - v_before.captured)
                 - (select coalesce(sum(uncaptured_amount), 0) from order_lines where order_id = v_payment.order_id);
    if v_missing > 0 or p_said ->> 'status' = 'cancelled' then
      v_payment.hold_ended := case when (p_said ->> 'expired')::boolean then 'expired' else 'released' end;
    end if;
  end if;
  update payments
     set captured = v_payment.captured, capturable = v_payment.capturable, hold_ended = v_payment.hold_ended,
         capture_before = case when v_payment.capturable > 0
                               then coalesce((p_said ->> 'captureBefore')::timestamptz, capture_before) else capture_before end,
         status = case when v_payment.capturable > 0 then 'authorized' when v_payment.captured = 0 then 'cancelled'
                       when v_payment.captured = v_payment.refunded then 'refunded' else 'succeeded' end,
         updated_at = clock_timestamp()
   where order_id = v_payment.order_id and attempt = v_payment.attempt
     and (captured, capturable) is distinct from (v_payment.captured, v_payment.capturable);
  perform settle_refused_capture(p_order.order_id, p_said);
  if v_payment.captured > v_before.captured or p_said ? 'refusedCaptureId' then
    perform book_captures_beside(p_order.order_id, p_said);
  end if;
  if unbook_failed_refunds(p_said, v_payment) then
    select * into v_payment from payments where order_id = v_payment.order_id and attempt = v_payment.attempt;
    select * into p_order from orders where order_id = v_payment.order_id;
    v_ended := p_order.status = any(ended_order_statuses());
  end if;
  v_found := book_outside_refunds(p_said, p_order, v_payment);

  perform settle_by_hand(p_said, v_payment, v_ended);
  select * into v_payment from payments where order_id = v_payment.order_id and attempt = v_payment.attempt;
  if (v_payment.captured, v_payment.capturable, v_payment.refunded)
     is distinct from (v_before.captured, v_before.capturable, v_before.refunded) then
    perform append_reconciled_event(v_payment);
  end if;
  perform settle_refused_refund(p_order.order_id, p_said ->> 'refusedRefundId', v_payment);
  if p_order.cancelling then
    v_found := v_found || jsonb_build_object('refund', refund_of_cancellation(p_order, v_payment));
  end if;
  if v_ended and pending_refunds(p_order.order_id) = 0 then
    v_total := refund_total(v_payment);
  end if;
  return v_found || jsonb_build_object('outcome', 'recorded', 'currency', p_order.currency,
    'release', case when p_order.cancelling or v_payment.settled_by_hand is not distinct from 'skip' then null
                    when v_ended and p_said ->> 'status' = 'open' then true
                    when (p_said ->> 'capturable')::bigint > 0 and (v_ended or v_payment.capturable = 0) then true end,
    'refundTotal', v_total,
    'unwanted', refund_of_outside_capture(v_payment),
    'notReplaced', (select jsonb_object_agg(refund_id, case status when 'succeeded' then amount else 0 end) from refunds
                     where order_id = v_payment.order_id and attempt = v_payment.attempt
                       and refund_id in (select jsonb_array_elements_text(p_said -> 'returnedRefunds'))),
    'returned', case when v_total is null and v_payment.refunded < v_before.refunded
                     then v_before.refunded - v_payment.refunded end,
    'ended', case when v_missing > 0 and p_order.status = any(paid_order_statuses()) and not p_order.cancelling
                  then v_payment.hold_ended end,
    'missing', case when v_missing > 0 and p_order.status = any(paid_order_statuses()) and not p_order.cancelling
                    then v_missing end);
end $$;

-- A payment that its order does not want: the order has ended, or has another payment. It is recorded with what the provider says.
create or replace function reconcile_late_payment(p_said jsonb, p_order orders) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_payment    payments;
  v_before     payments;
  v_captured   bigint := (p_said ->> 'captured')::bigint;
  v_capturable bigint := (p_said ->> 'capturable')::bigint;
  v_refunded   bigint := (select coalesce(sum((r ->> 'amount')::bigint), 0) from jsonb_array_elements(p_said -> 'refunds') r);
begin
  select * into v_payment from payments
   where order_id = p_order.order_id and payment_intent_id = p_said ->> 'paymentIntentId';
  if v_payment.order_id is null and v_captured = 0 and v_capturable = 0 then
    -- It might still take money.
    return jsonb_build_object('outcome', 'recorded', 'release', case when p_said ->> 'status' = 'open' then true end);
  end if;
  v_before := v_payment;
  if v_payment.order_id is null then
    insert into payments (order_id, attempt, payment_intent_id, status, currency, amount, late)
    select p_order.order_id, coalesce(max(attempt), 0) + 1, p_said ->> 'paymentIntentId', 'unknown', p_order.currency,
           greatest((p_said ->> 'amount')::bigint, v_captured + v_capturable), true
      from payments where order_id = p_order.order_id;
  end if;
  update payments
     set late = true,
         amount = greatest(amount, v_captured + v_capturable),
         captured = greatest(captured, v_captured), capturable = v_capturable,
         -- Of a late payment only the sum is recorded. It is less than before only where refunds have failed.
         refunded = least(case when settled_by_hand is null and jsonb_array_length(p_said -> 'failedRefunds') > 0 then v_refunded
                               else greatest(refunded, v_refunded) end, greatest(captured, v_captured)),
         updated_at = clock_timestamp()
   where order_id = p_order.order_id and payment_intent_id = p_said ->> 'paymentIntentId'
  returning * into v_payment;
  perform settle_by_hand(p_said, v_payment, true);
  update payments
     set status = case when capturable > 0 then 'authorized' when captured = 0 then 'cancelled'
                       when captured = refunded then 'refunded' else 'succeeded' end
   where order_id = v_payment.order_id and attempt = v_payment.attempt
  returning * into v_payment;
  if v_payment.captured > 0 and v_payment.captured = v_payment.refunded
     and coalesce(v_before.refunded, 0) < v_payment.refunded then
    perform append_late_payment_event('late_payment_refunded', v_payment);
  elsif v_payment.settled_by_hand = 'skip' and v_before.settled_by_hand is null then
    perform append_late_payment_event('late_payment_kept', v_payment);
  elsif (v_payment.captured, v_payment.capturable, v_payment.refunded)
        is distinct from (v_before.captured, v_before.capturable, v_before.refunded) then
    perform append_reconciled_event(v_payment);
  end if;
  return jsonb_build_object('outcome', 'recorded', 'currency', p_order.currency,
    'release', case when v_payment.capturable > 0 and v_payment.settled_by_hand is null then true end,
    'refundTotal', refund_total(v_payment),
    'excess', nullif(greatest(v_refunded - v_payment.captured, 0), 0));
end $$;

-- How much has to go back in all of a payment that its order does not want; null: nothing has to go back any more. What a dispute has
-- taken is not refunded once more.
create or replace function refund_total(p_payment payments) returns bigint language sql stable as $$
  select p_payment.captured - disputed
    from (select disputed_amount(p_payment.order_id, p_payment.payment_intent_id) as disputed) taken
   where p_payment.captured > p_payment.refunded + disputed and p_payment.settled_by_hand is null;
$$;

-- An operator has ended the reversal of a payment, and vouches for what the provider has then: what was to go back was given back by other
-- means ('resolve') or is kept ('skip'), and a hold is left as it is. p_reverses: the money of the payment was to go back.
create or replace function settle_by_hand(p_said jsonb, p_payment payments, p_reverses boolean) returns void language plpgsql as $$
declare
  v_action text := p_said ->> 'settledByHand';
  v_rest   bigint := 0;
begin
  if p_reverses then
    v_rest := greatest(p_payment.captured - p_payment.refunded - disputed_amount(p_payment.order_id, p_payment.payment_intent_id), 0);
  end if;
  update payments
     set settled_by_hand = v_action,
         refunded = refunded + case v_action when 'resolve' then v_rest else 0 end,
         vouched_refunded = vouched_refunded + case v_action when 'resolve' then v_rest else 0 end,
         vouched_kept = vouched_kept + case v_action when 'skip' then v_rest else 0 end,
         vouched_hold = greatest(vouched_hold, capturable, (p_said ->> 'capturable')::bigint,
                                 case p_said ->> 'status' when 'open' then amount - captured else 0 end),
         updated_at = clock_timestamp()
   where order_id = p_payment.order_id and attempt = p_payment.attempt and settled_by_hand is null and v_action is not null;
end $$;

-- Records the refunds that the provider has made and this service did not request, or does not count: a person has made them, or the
-- answer to our own request was lost and an operator skipped it. One of the amount of a refund that an operator has resolved is that one.
-- Returns {refunds: [number], excess?}.
create or replace function book_outside_refunds(p_said jsonb, p_order orders, p_payment payments) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_refund  jsonb;
  v_amount  bigint;
  v_booked  refunds;
  v_payment payments := p_payment;
  v_numbers jsonb := '[]';
  v_excess  bigint := 0;
  v_skipped boolean;
  v_lines   jsonb;
  -- The reversal of a payment is counted, and is no row of `refunds`.
  v_reversed bigint := p_payment.refunded - settled_refunds(p_order.order_id, p_payment.attempt);
begin
  for v_refund in select r from jsonb_array_elements(p_said -> 'refunds') r loop
    v_amount := (v_refund ->> 'amount')::bigint;
    if not v_refund ? 'refundId' and (case
         -- What others have refunded beyond what was captured is not counted: then the rest does not tell how much was reversed.
         when (v_refund ->> 'ours')::boolean then v_reversed >= v_amount or p_payment.refunded = p_payment.captured
         -- An operator has vouched that the payment was reversed by other means.
         else least(v_reversed, p_payment.vouched_refunded) >= v_amount end) then
      v_reversed := v_reversed - v_amount;
      continue;
    end if;
    v_lines := null;
    if not coalesce((v_refund ->> 'ours')::boolean, false) then
      continue when confirm_resolved_refund(v_refund, p_payment);
      v_lines := replace_returned_refunds(v_refund, p_said -> 'returnedRefunds', p_payment);
      select * into v_payment from payments where order_id = p_payment.order_id and attempt = p_payment.attempt;
    end if;
    v_skipped := exists (select 1 from refunds where order_id = p_order.order_id and refund_id = v_refund ->> 'refundId');
    if v_skipped then
      update refunds set status = 'succeeded', updated_at = clock_timestamp()
       where refund_id = v_refund ->> 'refundId' and status = 'skipped'
      returning * into v_booked;
    else
      insert into refunds (refund_id, order_id, number, kind, attempt, payment_intent_id, amount, lines, request_hash, status,
                           provider_refund_id)
      values (p_order.order_id || '/refunds/provider/' || (v_refund ->> 'providerRefundId'), p_order.order_id,
              next_refund_number(p_order.order_id), case when (v_refund ->> 'ours')::boolean then 'cancellation' else 'provider' end,
              p_payment.attempt, p_payment.payment_intent_id, (v_refund ->> 'amount')::bigint, v_lines, '', 'succeeded',
              v_refund ->> 'providerRefundId')
      -- Recorded before, under an id of its own or as the refund that an operator has resolved.
      on conflict do nothing
      returning * into v_booked;
    end if;
    continue when not found;
    v_excess := v_excess + greatest(v_payment.refunded + v_booked.amount - v_payment.captured, 0);
    update payments
       set refunded = least(refunded + v_booked.amount, captured),
           status = case when captured <= refunded + v_booked.amount and capturable = 0 then 'refunded' else status end,
           -- An operator has vouched that the money of a skipped refund is kept.
           vouched_kept = case when v_skipped then greatest(vouched_kept - v_booked.amount, 0) else vouched_kept end,
           updated_at = clock_timestamp()
     where order_id = v_payment.order_id and attempt = v_payment.attempt
    returning * into v_payment;
    perform append_refund_event(v_booked.refund_id);
    v_numbers := v_numbers || to_jsonb(v_booked.number);
  end loop;
  return jsonb_build_object('refunds', nullif(v_numbers, '[]'), 'excess', nullif(v_excess, 0));
end $$;

-- Refunds that somebody else has made have failed at the provider: their money is with the shop again. They count no more, and an order
-- that had become 'refunded' by them has the status that it had before. Returns whether there were any.
create or replace function unbook_failed_refunds(p_said jsonb, p_payment payments) returns boolean language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_refund   refunds;
  v_payment  payments := p_payment;
  v_reversed bigint;
  v_any      boolean := false;
begin
  for v_refund in
    select * from refunds
     where order_id = p_payment.order_id and attempt = p_payment.attempt and status = 'succeeded'
       and provider_refund_id in (select jsonb_array_elements_text(p_said -> 'failedRefunds'))
     order by number
  loop
    v_any := true;
    v_reversed := v_payment.refunded - settled_refunds(v_payment.order_id, v_payment.attempt);
    if v_payment.refunded = v_payment.captured then
      -- What went back beyond what was captured is not counted.
      v_reversed := greatest(v_reversed, (select coalesce(sum((r ->> 'amount')::bigint), 0)
                                            from jsonb_array_elements(p_said -> 'refunds') r
                                           where (r ->> 'ours')::boolean and not r ? 'refundId'));
    end if;
    update refunds set status = 'skipped', updated_at = clock_timestamp() where refund_id = v_refund.refund_id;
    perform unrefund_lines(v_refund);
    update payments
       set refunded = least(refunded, settled_refunds(order_id, attempt) + greatest(v_reversed, 0)), updated_at = clock_timestamp()
     where order_id = v_payment.order_id and attempt = v_payment.attempt
    returning * into v_payment;
    if v_payment.captured > v_payment.refunded then
      update payments set status = 'succeeded'
       where order_id = v_payment.order_id and attempt = v_payment.attempt and status = 'refunded';
      update orders
         set status = coalesce((select data ->> 'status' from order_events
                                 where order_id = v_payment.order_id and data ->> 'status' = any(paid_order_statuses())
                                 order by sequence desc limit 1), 'paid')
       where order_id = v_payment.order_id and status = 'refunded';
    end if;
    perform append_order_event(array[v_payment.order_id], 'refund_failed', jsonb_build_object('refund', jsonb_build_object(
      'refundId', v_refund.refund_id, 'amount', v_refund.amount, 'status', 'skipped',
      'providerRefundId', v_refund.provider_refund_id)));
  end loop;
  if v_any then
    perform recount_uncaptured(p_payment.order_id);
  end if;
  return v_any;
end $$;

-- An operator has said that a refund was made by other means, and somebody has made one of its amount at the provider: it is that one, and is
-- counted already. Returns false if there is no such refund.
create or replace function confirm_resolved_refund(p_made jsonb, p_payment payments) returns boolean language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_refund refunds;
begin
  select * into v_refund from refunds
   where order_id = p_payment.order_id and attempt = p_payment.attempt and status = 'resolved'
     and amount = (p_made ->> 'amount')::bigint
     and not exists (select 1 from refunds where provider_refund_id = p_made ->> 'providerRefundId')
   order by number limit 1;
  if v_refund.refund_id is null then
    return false;
  end if;
  update refunds set status = 'succeeded', provider_refund_id = p_made ->> 'providerRefundId', updated_at = clock_timestamp()
   where refund_id = v_refund.refund_id;
  -- Nobody has to vouch for it any more.
  update payments set vouched_refunded = greatest(vouched_refunded - v_refund.amount, 0), updated_at = clock_timestamp()
   where order_id = p_payment.order_id and attempt = p_payment.attempt;
  perform append_order_event(array[p_payment.order_id], 'payment_reconciled', reconciled_payment(p_payment) || jsonb_build_object(
    'refund', jsonb_build_object('refundId', v_refund.refund_id, 'amount', v_refund.amount, 'status', 'succeeded',
                                 'providerRefundId', p_made -> 'providerRefundId')));
  return true;
end $$;

-- Refunds of this service have failed at the provider, and somebody has refunded there instead: as much of them as that gives back
-- counts no more, since it is counted by the other refund. One that is replaced as a whole is skipped. The event names the other refund
-- (`madeBy`). Returns the pieces that were refunded by those, which are the pieces of the other refund then: [{line, quantity, amount}].
-- The caller holds the lock of the order, and records the other refund then.
create or replace function replace_returned_refunds(p_made jsonb, p_returned jsonb, p_payment payments) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_refund  refunds;
  v_lines   jsonb;
  v_left    bigint := (p_made ->> 'amount')::bigint;
  v_part    bigint;
  v_divided record;
begin
  if exists (select 1 from refunds where provider_refund_id = p_made ->> 'providerRefundId') then
    return null;
  end if;
  for v_refund in
    select * from refunds
     where order_id = p_payment.order_id and attempt = p_payment.attempt and status = 'succeeded'
       and refund_id in (select jsonb_array_elements_text(p_returned))
     order by amount = v_left desc, number
  loop
    v_part := least(v_refund.amount, v_left);
    continue when v_part = 0;
    v_left := v_left - v_part;
    update payments
       set refunded = refunded - v_part,
           -- An operator may have vouched for what has failed. Nobody has to any more.
           vouched_refunded = vouched_refunded - least(v_part, greatest(vouched_refunded - (
             select coalesce(sum(amount), 0) from refunds where order_id = p_payment.order_id and attempt = p_payment.attempt and status = 'resolved'), 0)),
           updated_at = clock_timestamp()
     where order_id = p_payment.order_id and attempt = p_payment.attempt;
    if v_part < v_refund.amount then
      v_divided := cut_refund_lines(v_refund.lines, v_refund.amount - v_part);
      update refunds set amount = amount - v_part, lines = v_divided.kept, updated_at = clock_timestamp()
       where refund_id = v_refund.refund_id;
      v_lines := coalesce(v_lines || v_divided.cut, v_divided.cut, v_lines);
    else
      update refunds set status = 'skipped', updated_at = clock_timestamp() where refund_id = v_refund.refund_id;
      if v_refund.lines is not null then
        v_lines := coalesce(v_lines, '[]') || v_refund.lines;
      end if;
    end if;
    perform append_order_event(array[p_payment.order_id], 'refund_failed', jsonb_build_object('refund', jsonb_build_object(
      'refundId', v_refund.refund_id, 'amount', v_part, 'status', case when v_part < v_refund.amount then 'succeeded' else 'skipped' end,
      'madeBy', p_payment.order_id || '/refunds/provider/' || (p_made ->> 'providerRefundId'))));
  end loop;
  return v_lines;
end $$;

-- The refund of an order that is being cancelled: everything that was captured and has not gone back by refunds or disputes. null: no
-- money goes back.
create or replace function refund_of_cancellation(p_order orders, p_payment payments) returns jsonb language plpgsql as $$
declare
  v_id   text := p_order.order_id || '/cancellation';
  v_rest bigint := p_payment.captured - p_payment.refunded - disputed_amount(p_order.order_id, p_payment.payment_intent_id);
  v_left refunds;
begin
  insert into refunds as r (refund_id, order_id, number, kind, attempt, payment_intent_id, amount, request_hash, status)
  select v_id, p_order.order_id, next_refund_number(p_order.order_id), 'cancellation', p_payment.attempt, p_payment.payment_intent_id,
         v_rest, '', 'pending'
   where v_rest > 0
      on conflict (refund_id) do nothing;
  update refunds set amount = v_rest, updated_at = clock_timestamp()
   where refund_id = v_id and attempt = p_payment.attempt and status = 'pending' and amount <> v_rest;
  select * into v_left from refunds where refund_id = v_id and status = 'pending';
  return case when v_left.refund_id is not null then jsonb_build_object('refundId', v_id, 'amount', v_left.amount) end;
end $$;

-- The provider will not make this refund. Where less is left than it asks for, because somebody has refunded at the provider or a dispute
-- was lost: a refund that somebody has made there is skipped, like one of an amount that was asked for, and any other gives back what is
-- left.
create or replace function settle_refused_refund(p_order_id text, p_refund_id text, p_payment payments) returns void language plpgsql as $$
declare
  v_refund  refunds;
  v_left    bigint;
  v_divided record;
begin
  select * into v_refund from refunds where refund_id = p_refund_id and order_id = p_order_id and status = 'pending';
  v_left := greatest(p_payment.captured - p_payment.refunded
                     - disputed_amount(p_order_id, p_payment.payment_intent_id, true) - (pending_refunds(p_order_id) - v_refund.amount), 0);
  if v_refund.refund_id is null or v_refund.kind = 'cancellation' or v_left >= v_refund.amount then
    return;
  end if;
  if take_up_outside_refund(p_refund_id) then
    return;
  end if;
  if v_refund.kind = 'requested' or v_left = 0 then
    perform settle_refund(p_refund_id, 'skipped');
    -- Nobody has vouched for it.
    update payments set settled_by_hand = p_payment.settled_by_hand, vouched_kept = p_payment.vouched_kept
     where order_id = p_payment.order_id and attempt = p_payment.attempt;
    perform append_refund_event(p_refund_id);
  else
    v_divided := cut_refund_lines(v_refund.lines, v_left);
    update refunds set amount = v_left, lines = v_divided.kept, updated_at = clock_timestamp() where refund_id = p_refund_id;
    perform refund_lines(p_order_id, (
      select jsonb_agg(l || jsonb_build_object('amount', -(l ->> 'amount')::bigint, 'uncaptured', l -> 'amount'))
        from jsonb_array_elements(v_divided.cut) l));
  end if;
end $$;

create or replace function append_reconciled_event(p_payment payments) returns void language sql as $$
  select append_order_event(array[p_payment.order_id], 'payment_reconciled', reconciled_payment(p_payment));
$$;

create or replace function reconciled_payment(p_payment payments) returns jsonb language sql immutable as $$
  select jsonb_build_object('payment', jsonb_build_object(
    'paymentIntentId', p_payment.payment_intent_id, 'status', p_payment.status, 'captured', p_payment.captured,
    'refunded', p_payment.refunded, 'capturable', p_payment.capturable));
$$;

create or replace function append_late_payment_event(p_type text, p_payment payments) returns void language sql as $$
  select append_order_event(array[p_payment.order_id], p_type, jsonb_build_object('refund', jsonb_build_object(
    'paymentIntentId', p_payment.payment_intent_id, 'amount', p_payment.refunded)));
$$;
