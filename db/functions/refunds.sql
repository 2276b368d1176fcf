-- Refunds of paid orders. A refund is recorded as 'pending' before the provider is asked, and settled afterwards.

-- The money of refunds that are recorded and not settled yet.
create or replace function pending_refunds(p_order_id text) returns bigint language sql stable as $$
  select coalesce(sum(amount), 0)::bigint from refunds where order_id = p_order_id and status = 'pending';
$$;

-- The number of the next refund of an order.
create or replace function next_refund_number(p_order_id text) returns integer language sql stable as $$
  select coalesce(max(number), 0) + 1 from refunds where order_id = p_order_id;
$$;

-- Records refunds, never more in all than was captured. p_refunds: [{refundId, orderId, amount?, reason, requestHash}]. Returns for
-- each {refundId, orderId, requestHash, outcome: 'booked', number, amount, paymentIntentId, status} or {refundId, orderId, requestHash,
-- outcome: 'refused', code, left, orderStatus}. A refund that is recorded already is returned as it is.
create or replace function begin_refunds(p_refunds jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
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
  perform lock_orders(order_ids(p_refunds));
  for v_asked in select r from jsonb_array_elements(p_refunds) r loop
    if not exists (select 1 from refunds where refund_id = v_asked ->> 'refundId') then
      select * into v_order from orders where order_id = v_asked ->> 'orderId';
      select * into v_payment from payments
       where order_id = v_asked ->> 'orderId' and captured > refunded and not late order by attempt limit 1;
      v_left := coalesce(v_payment.captured - v_payment.refunded, 0) - pending_refunds(v_order.order_id);
      v_amount := coalesce((v_asked ->> 'amount')::bigint, v_left);
      v_code := case
        when v_order.order_id is null then 'order_not_found'
        when v_order.cancelling or v_order.status <> all (paid_order_statuses()) then 'not_refundable'
        when v_left <= 0 or v_amount > v_left then 'refund_exceeds_captured'
      end;
      if v_code is not null then
        v_results := v_results || jsonb_build_array(jsonb_build_object('refundId', v_asked -> 'refundId',
          'orderId', v_asked -> 'orderId', 'requestHash', v_asked -> 'requestHash') || refusal(v_code, v_left, v_order.status));
        continue;
      end if;
      insert into refunds (refund_id, order_id, number, kind, attempt, payment_intent_id, amount, reason, request_hash,
                           status)
      values (v_asked ->> 'refundId', v_order.order_id, next_refund_number(v_order.order_id), 'requested', v_payment.attempt,
              v_payment.payment_intent_id, v_amount, v_asked ->> 'reason', v_asked ->> 'requestHash', 'pending');
      perform append_order_event(array[v_order.order_id], 'refund_requested', jsonb_build_object(
        'refund', jsonb_build_object('refundId', v_asked -> 'refundId', 'amount', v_amount)));
    end if;
    v_results := v_results || jsonb_build_array((
      select jsonb_build_object('refundId', refund_id, 'orderId', order_id, 'requestHash', request_hash,
               'outcome', 'booked', 'number', number,
               'amount', amount, 'paymentIntentId', payment_intent_id, 'status', status)
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
  update payments
     set refunded = refunded + case when p_status = 'skipped' then 0 else v_refund.amount end,
         status = case when p_status <> 'skipped' and captured = refunded + v_refund.amount and capturable = 0
                       then 'refunded' else status end,
         settled_by_hand = coalesce(operator_action(p_status), settled_by_hand),
         updated_at = clock_timestamp()
   where order_id = v_refund.order_id and attempt = v_refund.attempt;
  return true;
end $$;

-- p_refunds: [{refundId, orderId, status}]. An order all of whose money has gone back becomes 'refunded'. Returns the orders.
create or replace function finish_refunds(p_refunds jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  v_settled jsonb;
  v_all     boolean;
  v_type    text;
begin
  perform lock_orders(order_ids(p_refunds));
  for v_settled in select r from jsonb_array_elements(p_refunds) r loop
    if not settle_refund(v_settled ->> 'refundId', v_settled ->> 'status') then
      continue;
    end if;
    v_all := not exists (select 1 from payments where order_id = v_settled ->> 'orderId'
                                                  and (captured > refunded or capturable > 0));
    v_type := case when v_settled ->> 'status' = 'skipped' then 'refund_skipped'
                   when v_all then 'refunded' else 'partially_refunded' end;
    if v_type = 'refunded' then
      update orders set status = 'refunded' where order_id = v_settled ->> 'orderId';
    end if;
    perform append_order_event(array[v_settled ->> 'orderId'], v_type, (
      select jsonb_build_object('refund', jsonb_build_object('refundId', refund_id, 'amount', amount, 'status', status))
        from refunds where refund_id = v_settled ->> 'refundId'));
  end loop;
  return order_results(order_ids(p_refunds));
end $$;

-- A refund that succeeded came back to the shop, as when the customer's bank account was closed. 'succeeded': the money has gone to
-- the customer again; otherwise an operator has settled it. p_refunds: [{orderId, paymentIntentId, providerRefundId, status}].
-- Recorded twice, it is one event.
create or replace function finish_returned_refunds(p_refunds jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  v_settled jsonb;
  v_data    jsonb;
begin
  perform lock_orders(order_ids(p_refunds));
  for v_settled in select r from jsonb_array_elements(p_refunds) r loop
    v_data := v_settled - 'orderId';
    if exists (select 1 from order_events where order_id = v_settled ->> 'orderId' and data -> 'refund' = v_data) then
      continue;
    end if;
    update payments
       set settled_by_hand = coalesce(operator_action(v_settled ->> 'status'), settled_by_hand),
           updated_at = clock_timestamp()
     where payment_intent_id = v_settled ->> 'paymentIntentId';
    perform append_order_event(array[v_settled ->> 'orderId'], 'returned_refund_settled',
                               jsonb_build_object('refund', v_data));
  end loop;
  return order_results(order_ids(p_refunds));
end $$;
