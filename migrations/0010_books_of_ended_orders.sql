-- A step of a workflow task that was lost runs on beside its successor: a worker that was frozen in the middle of a
-- cancellation ends the order when it wakes up, while another one has charged it since, and gives the money back. The
-- order has ended then, once; what became of its money is written down all the same.
alter function release_stock(jsonb) rename to end_orders;

create function release_stock(p_releases jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  v_answers jsonb := end_orders(p_releases);
begin
  perform record_payments((
    select jsonb_agg(r)
      from jsonb_array_elements(p_releases) r
      join orders o on o.order_id = r ->> 'orderId'
     where r -> 'payment' ->> 'paymentIntentId' is not null
       and o.status in ('out_of_stock', 'payment_failed', 'rejected', 'expired', 'cancelled')
       and not exists (select 1 from payments p
                        where p.order_id = o.order_id and p.payment_intent_id = r -> 'payment' ->> 'paymentIntentId')));
  return v_answers;
end $$;
