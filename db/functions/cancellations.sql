-- Cancellations of paid orders.

-- As `act_as`, for {reason, actor?}. The reason 'cancelled' stands for none.
create or replace function act_as_canceller(p_cancellation jsonb) returns void language sql as $$
  select act_as(p_cancellation -> 'actor', nullif(p_cancellation ->> 'reason', 'cancelled'));
$$;

-- Begins to cancel paid orders: from here on nothing else is done with them, and the rest of their money is recorded as a refund.
-- p_cancellations: [{orderId, reason, actor?}]. Returns for each {orderId, outcome, orderStatus}, where the outcome is 'begun' with
-- {paymentIntentId?, captured, capturable, refund?: {refundId, amount}}; 'busy' while other refunds or captures are not settled; 'done' if the
-- order is cancelled already; or 'refused' in any status but 'paid', and once something of the order was handed over. It is also 'refused',
-- with the code 'payment_disputed' and {disputeId}, while it is undecided whether the customer gets the money by a dispute: the provider would
-- not refund it. What a dispute that was lost has taken is not refunded once more.
create or replace function begin_cancellations(p_cancellations jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_results jsonb := '[]';
  v_asked   jsonb;
  v_order   orders;
  v_payment payments;
  v_dispute text;
  v_outcome text;
begin
  perform lock_orders(order_ids(p_cancellations));
  for v_asked in select c from jsonb_array_elements(p_cancellations) c loop
    perform act_as_canceller(v_asked);
    select * into v_order from orders where order_id = v_asked ->> 'orderId';
    select dispute_id into v_dispute from disputes
     where order_id = v_order.order_id and dispute_refuses_refunds(status) and not dispute_is_closed(status) order by opened_at limit 1;
    v_outcome := case
      when v_order.status = 'cancelled' then 'done'
      when v_order.status is distinct from 'paid' then 'refused'
      when v_order.cancelling then 'begun'
      when was_handed_over(v_order.order_id) then 'refused'
      when exists (select 1 from order_lines where order_id = v_order.order_id and shipped > 0) then 'refused'
      when exists (select 1 from reservations where order_id = v_order.order_id and shipped > 0) then 'refused'
      when exists (select 1 from refunds where order_id = v_order.order_id and status = 'pending')
        or exists (select 1 from captures where order_id = v_order.order_id and status = 'pending') then 'busy'
      when v_dispute is not null then 'disputed'
      else 'begun'
    end;
    v_payment := null;
    if v_outcome = 'begun' then
      select * into v_payment from payments
       where order_id = v_order.order_id and (captured > refunded or capturable > 0) and not late order by attempt limit 1;
      if not v_order.cancelling then
        update orders set cancelling = true, updated_at = clock_timestamp() where order_id = v_order.order_id;
        perform cancel_open_shipments(array[v_order.order_id]);
        insert into refunds (refund_id, order_id, number, kind, attempt, payment_intent_id, amount, reason, request_hash,
                             status)
        select v_order.order_id || '/cancellation', v_order.order_id,
               next_refund_number(v_order.order_id), 'cancellation',
               v_payment.attempt, v_payment.payment_intent_id,
               v_payment.captured - v_payment.refunded - disputed_amount(v_order.order_id, v_payment.payment_intent_id),
               v_asked ->> 'reason', '', 'pending'
         where v_payment.captured > v_payment.refunded + disputed_amount(v_order.order_id, v_payment.payment_intent_id);
      end if;
    end if;
    v_results := v_results || jsonb_build_array(jsonb_strip_nulls(jsonb_build_object(
      'orderId', v_asked -> 'orderId', 'outcome', case v_outcome when 'disputed' then 'refused' else v_outcome end,
      'code', case v_outcome when 'disputed' then 'payment_disputed' end,
      'disputeId', case v_outcome when 'disputed' then v_dispute end, 'orderStatus', v_order.status,
      'paymentIntentId', v_payment.payment_intent_id, 'captured', v_payment.captured, 'capturable', v_payment.capturable,
      'refund', (select jsonb_build_object('refundId', refund_id, 'amount', amount) from refunds
                  where refund_id = v_order.order_id || '/cancellation' and v_outcome = 'begun'))));
  end loop;
  return v_results;
end $$;

-- The money has gone back, and the authorisation is released: the goods are available again and the order ends, in one transaction.
-- p_cancellations: [{orderId, reason, actor?, refund?: 'succeeded' | 'skipped' | 'resolved', released?: boolean}]
create or replace function finish_cancellations(p_cancellations jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_ids   text[] := order_ids(p_cancellations);
  v_ended text[];
  v_end   jsonb;
begin
  perform lock_orders(v_ids);
  with ended as (
    update orders o set status = 'cancelled', reason = c ->> 'reason', cancelling = false
      from jsonb_array_elements(p_cancellations) c
     where o.order_id = c ->> 'orderId' and o.status = 'paid' and o.cancelling
    returning o.order_id
  )
  select coalesce(array_agg(order_id), '{}') into v_ended from ended;
  update payments p
     set capturable = case when (c ->> 'released')::boolean then 0 else capturable end,
         status = case when (c ->> 'released')::boolean and captured = 0 then 'cancelled' else status end,
         settled_by_hand = case when not (c ->> 'released')::boolean then 'skip' else settled_by_hand end,
         vouched_hold = case when not (c ->> 'released')::boolean then greatest(vouched_hold, capturable) else vouched_hold end,
         updated_at = clock_timestamp()
    from jsonb_array_elements(p_cancellations) c
   where p.order_id = c ->> 'orderId' and p.order_id = any(v_ended) and p.capturable > 0;
  perform settle_refund((c ->> 'orderId') || '/cancellation', c ->> 'refund')
     from jsonb_array_elements(p_cancellations) c
    where c ->> 'orderId' = any(v_ended) and c ->> 'refund' is not null;
  -- All of them first, in one order.
  perform lock_reserved_levels(v_ended, array['committed', 'consumed']);
  for v_end in select c from jsonb_array_elements(p_cancellations) c where c ->> 'orderId' = any(v_ended) order by c ->> 'orderId' loop
    perform act_as_canceller(v_end || jsonb_strip_nulls(jsonb_build_object('actor', coalesce(v_end -> 'actor', (
              select actor from refunds where refund_id = (v_end ->> 'orderId') || '/cancellation')))));
    perform restock(array[v_end ->> 'orderId']);
    perform cancel_all_lines(v_end ->> 'orderId', coalesce((
              select amount from refunds where refund_id = (v_end ->> 'orderId') || '/cancellation' and status <> 'skipped'), 0));
    perform append_order_event(array[v_end ->> 'orderId'], 'cancelled');
  end loop;
  return order_results(v_ids);
end $$;
