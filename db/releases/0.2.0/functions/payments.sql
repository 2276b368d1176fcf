-- The records of payments.

-- Records what is known of each order's payment. p_payments: [{orderId, payment: {attempt, status, …}}]; elements without a payment,
-- and of orders that do not exist, are left out.
create or replace function record_payments(p_payments jsonb) returns void language sql as $$
  insert into payments (order_id, attempt, payment_intent_id, status, currency, amount, captured, refunded, capturable,
                        capture_before, settled_by_hand, decline_code, client_secret, next_action_url)
  select p ->> 'orderId', (p -> 'payment' ->> 'attempt')::integer, p -> 'payment' ->> 'paymentIntentId',
         p -> 'payment' ->> 'status', o.currency, o.total,
         coalesce((p -> 'payment' ->> 'captured')::bigint, 0), coalesce((p -> 'payment' ->> 'refunded')::bigint, 0),
         coalesce((p -> 'payment' ->> 'capturable')::bigint, 0), (p -> 'payment' ->> 'captureBefore')::timestamptz,
         p -> 'payment' ->> 'settledByHand', p -> 'payment' ->> 'declineCode', p -> 'payment' ->> 'clientSecret',
         p -> 'payment' ->> 'nextActionUrl'
    from jsonb_array_elements(p_payments) p
    join orders o on o.order_id = p ->> 'orderId'
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
         decline_code = excluded.decline_code,
         -- While the outcome is unknown, the customer keeps what they need to continue.
         client_secret = case when excluded.status = 'unknown' then payments.client_secret else excluded.client_secret end,
         next_action_url = case when excluded.status = 'unknown' then payments.next_action_url
                                else excluded.next_action_url end,
         updated_at = clock_timestamp();
$$;
