-- Reviews of orders by a person.

-- An order begins to wait for a reviewer ('in_review'), or a reviewer has decided: an approved order is 'reserved' again, a rejected
-- one stays 'in_review' until `release_stock` ends it. Recorded twice, it is one event.
-- p_reviews: [{orderId, epoch?, event: 'in_review', status, reasons, deadlineMs}] or
-- [{orderId, epoch?, event: 'review_approved' | 'review_rejected', status, decision, note?, actor?}]
create or replace function record_reviews(p_reviews jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_ids    text[] := order_ids(p_reviews);
  v_open   text[] := lock_open_orders(v_ids);
  v_review jsonb;
begin
  perform require_carrier(p_reviews);
  for v_review in select r from jsonb_array_elements(p_reviews) r where r ->> 'orderId' = any(v_open) loop
    perform act_as(v_review -> 'actor', v_review ->> 'note');
    update orders
       set status = v_review ->> 'status',
           review = case when v_review ->> 'event' = 'in_review'
             then jsonb_build_object('reasons', v_review -> 'reasons', 'deadline', iso_time(
                    clock_timestamp() + make_interval(secs => (v_review ->> 'deadlineMs')::bigint / 1000.0)))
             else review || jsonb_strip_nulls(jsonb_build_object('decision', v_review -> 'decision',
                    'note', v_review -> 'note', 'actor', v_review -> 'actor', 'decidedAt', iso_time(clock_timestamp())))
           end
     where order_id = v_review ->> 'orderId'
       and case when v_review ->> 'event' = 'in_review' then review is null else review ->> 'decision' is null end;
    if found then
      perform append_order_event(array[v_review ->> 'orderId'], v_review ->> 'event', (
        select jsonb_build_object('review', review - 'note' - 'actor') from orders where order_id = v_review ->> 'orderId'));
    end if;
  end loop;
  return order_results(v_ids);
end $$;
