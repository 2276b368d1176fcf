-- Events of many orders in one statement. The caller holds the rows of the orders: that makes the sequence gap-free.
-- The reason of a cancelled order is somebody's own words, which do not leave the shop; any other is a code.
create function append_order_event(p_order_ids text[], p_type text) returns void language sql as $$
  with numbered as (
    update orders
       set last_sequence = last_sequence + 1, updated_at = clock_timestamp()
     where order_id = any(p_order_ids)
    returning order_id, last_sequence, status, reason, total, currency
  )
  insert into order_events (order_id, sequence, type, data)
  select order_id, last_sequence, 'com.durable-checkout.order.' || p_type || '.v1',
         jsonb_strip_nulls(jsonb_build_object('status', status, 'reason', case when status <> 'cancelled' then reason end, 'total', total, 'currency', currency))
    from numbered
   order by order_id;
$$;

-- What is known of each order's payment: [{orderId, currency, amount, payment: {attempt, status, …}}].
create function record_payments(p_payments jsonb) returns void language sql as $$
  insert into payments (order_id, attempt, payment_intent_id, status, currency, amount, captured, refunded,
                        decline_code, client_secret, next_action_url)
  select p ->> 'orderId', (p -> 'payment' ->> 'attempt')::integer, p -> 'payment' ->> 'paymentIntentId',
         p -> 'payment' ->> 'status', o.currency, o.total,
         coalesce((p -> 'payment' ->> 'captured')::bigint, 0), coalesce((p -> 'payment' ->> 'refunded')::bigint, 0),
         p -> 'payment' ->> 'declineCode', p -> 'payment' ->> 'clientSecret', p -> 'payment' ->> 'nextActionUrl'
    from jsonb_array_elements(p_payments) p
    join orders o on o.order_id = p ->> 'orderId'
   where p -> 'payment' is not null and p -> 'payment' <> 'null'
   order by 1, 2
  on conflict (order_id, attempt) do update
     set payment_intent_id = coalesce(excluded.payment_intent_id, payments.payment_intent_id),
         status = excluded.status,
         captured = excluded.captured,
         refunded = excluded.refunded,
         decline_code = excluded.decline_code,
         -- While nobody knows, the customer keeps what they need to go on.
         client_secret = case when excluded.status = 'unknown' then payments.client_secret else excluded.client_secret end,
         next_action_url = case when excluded.status = 'unknown' then payments.next_action_url
                                else excluded.next_action_url end,
         updated_at = clock_timestamp();
$$;
