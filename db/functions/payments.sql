-- The records of payments.

-- What an operator has vouched for whose action is `settledByHand` in {captured?, refunded?, settledByHand?}: where money was taken, how
-- much of it was given back by other means and how much is kept; otherwise that a payment of p_amount is left as it is.
create or replace function vouched_amounts(p_payment jsonb, p_amount bigint, out refunded bigint, out kept bigint, out hold bigint)
  language sql immutable as $$
  select case when by_hand then given_back else 0 end, case when by_hand then taken - given_back else 0 end,
         case when by_hand and taken = 0 then p_amount else 0 end
    from (select coalesce(p_payment ->> 'settledByHand', '') <> '' as by_hand,
                 coalesce((p_payment ->> 'captured')::bigint, 0) as taken,
                 coalesce((p_payment ->> 'refunded')::bigint, 0) as given_back) payment;
$$;

-- Records what is known of each order's payment. p_payments: [{orderId, payment: {attempt, status, …}}]; elements without a payment,
-- and of orders that do not exist, are left out.
create or replace function record_payments(p_payments jsonb) returns void language sql as $$
  insert into payments (order_id, attempt, payment_intent_id, status, currency, amount, captured, refunded, capturable,
                        capture_before, settled_by_hand, vouched_refunded, vouched_kept, vouched_hold, decline_code, client_secret,
                        next_action_url)
  select p ->> 'orderId', (p -> 'payment' ->> 'attempt')::integer, p -> 'payment' ->> 'paymentIntentId',
         p -> 'payment' ->> 'status', o.currency, o.total,
         coalesce((p -> 'payment' ->> 'captured')::bigint, 0), coalesce((p -> 'payment' ->> 'refunded')::bigint, 0),
         coalesce((p -> 'payment' ->> 'capturable')::bigint, 0), (p -> 'payment' ->> 'captureBefore')::timestamptz,
         p -> 'payment' ->> 'settledByHand', coalesce(vouched.refunded, 0), coalesce(vouched.kept, 0), coalesce(vouched.hold, 0),
         p -> 'payment' ->> 'declineCode', p -> 'payment' ->> 'clientSecret', p -> 'payment' ->> 'nextActionUrl'
    from jsonb_array_elements(p_payments) p
    join orders o on o.order_id = p ->> 'orderId'
         -- Not called for the many payments that nobody has settled by hand.
         left join lateral (select * from vouched_amounts(p -> 'payment', o.total)
                             where p -> 'payment' ->> 'settledByHand' is not null) vouched on true
   where p -> 'payment' is not null and p -> 'payment' <> 'null'
   order by 1, 2
  on conflict (order_id, attempt) do update
     set payment_intent_id = coalesce(excluded.payment_intent_id, payments.payment_intent_id),
         status = excluded.status,
         captured = excluded.captured,
         refunded = excluded.refunded,
         capturable = excluded.capturable,
         capture_before = excluded.capture_before,
         settled_by_hand = excluded.settled_by_hand,
         vouched_refunded = greatest(payments.vouched_refunded, excluded.vouched_refunded),
         vouched_kept = greatest(payments.vouched_kept, excluded.vouched_kept),
         vouched_hold = greatest(payments.vouched_hold, excluded.vouched_hold),
         decline_code = excluded.decline_code,
         -- While the outcome is unknown, the customer keeps what they need to continue.
         client_secret = case when excluded.status = 'unknown' then payments.client_secret else excluded.client_secret end,
         next_action_url = case when excluded.status = 'unknown' then payments.next_action_url
                                else excluded.next_action_url end,
         updated_at = clock_timestamp();
$$;
