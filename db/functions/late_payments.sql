-- Payments that succeed when their order no longer waits for them.

-- For each {orderId, paymentIntentId}: whether the order is decided, and not by this payment.
create or replace function are_late_payments(p_payments jsonb) returns jsonb language sql stable as $$
  select coalesce(jsonb_agg(coalesce(o.outcome_at is not null and not exists (
           select 1 from payments p
            where p.order_id = o.order_id and p.payment_intent_id = asked.payment ->> 'paymentIntentId'
              and (p.captured > 0 or p.capturable > 0)), false) order by asked.n), '[]')
    from jsonb_array_elements(p_payments) with ordinality asked(payment, n)
    left join orders o on o.order_id = asked.payment ->> 'orderId';
$$;

-- Late payments, and how much of them has gone back. p_payments: [{orderId, paymentIntentId, captured, refunded, settledByHand?}]
create or replace function record_late_payments(p_payments jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_late    jsonb;
  v_status  text;
  v_vouched record;
begin
  perform lock_orders(order_ids(p_payments));
  perform act_as_provider();
  for v_late in select p from jsonb_array_elements(p_payments) p loop
    v_status := case when v_late -> 'refunded' = v_late -> 'captured' then 'refunded' else 'succeeded' end;
    select * into v_vouched from vouched_amounts(v_late, 0);
    update payments
       set captured = (v_late ->> 'captured')::bigint, refunded = (v_late ->> 'refunded')::bigint, capturable = 0,
           status = v_status, settled_by_hand = v_late ->> 'settledByHand', vouched_refunded = v_vouched.refunded,
           vouched_kept = v_vouched.kept, late = true, updated_at = clock_timestamp()
     where order_id = v_late ->> 'orderId' and payment_intent_id = v_late ->> 'paymentIntentId' and captured = 0;
    if not found then
      insert into payments (order_id, attempt, payment_intent_id, status, currency, amount, captured, refunded,
                            settled_by_hand, vouched_refunded, vouched_kept, late)
      select o.order_id, coalesce(max(p.attempt), 0) + 1, v_late ->> 'paymentIntentId', v_status, o.currency,
             (v_late ->> 'captured')::bigint, (v_late ->> 'captured')::bigint, (v_late ->> 'refunded')::bigint,
             v_late ->> 'settledByHand', v_vouched.refunded, v_vouched.kept, true
        from orders o left join payments p on p.order_id = o.order_id
       where o.order_id = v_late ->> 'orderId'
         and not exists (select 1 from payments known where known.payment_intent_id = v_late ->> 'paymentIntentId')
       group by o.order_id, o.currency;
      if not found then
        continue;
      end if;
    end if;
    perform append_order_event(array[v_late ->> 'orderId'],
      case v_status when 'refunded' then 'late_payment_refunded' else 'late_payment_kept' end, jsonb_build_object(
      'refund', jsonb_build_object('paymentIntentId', v_late -> 'paymentIntentId', 'amount', v_late -> 'refunded')));
  end loop;
  return order_results(order_ids(p_payments));
end $$;
