-- Authorisations whose time is about to end, or should have ended.

-- Orders whose attention does not say what it has to of an authorisation that ends within p_lead_ms, at most p_limit of them. What was
-- captured, released or made again needs none, nor does the money of cancelled lines, which is not captured.
create or replace function outdated_authorizations(p_lead_ms double precision, p_limit integer)
  returns table (order_id text, payment_intent_id text, capture_before timestamptz, shown timestamptz)
  language sql stable as $$
  with ending as (
    select distinct on (p.order_id) p.order_id, p.payment_intent_id, p.capture_before
      from payments p
      join orders o on o.order_id = p.order_id
           cross join lateral (select coalesce(sum(uncaptured_amount), 0)::bigint as uncaptured
                                 from order_lines where order_id = p.order_id) l
     where p.capturable > 0 and p.capturable > l.uncaptured and not p.late
       and p.capture_before < clock_timestamp() + p_lead_ms * interval '1 millisecond'
       and o.status = any(paid_order_statuses()) and not o.cancelling
     order by p.order_id, p.capture_before
  ), shown as (
    select order_id, deadline from parked_steps where step = 'captureAuthorization'
  )
  select coalesce(e.order_id, s.order_id), e.payment_intent_id, e.capture_before, s.deadline
    from ending e
    full join shown s on s.order_id = e.order_id
   where e.capture_before is distinct from s.deadline
   order by 1 limit p_limit;
$$;

-- Shows in the attention of orders until when the money of their authorisations has to be captured, and ends it. Returns the number of
-- orders that it has changed: where that is p_limit, there may be more. Safe to repeat: each authorisation raises attention once. No
-- workflow waits: `workflow_id` is none that exists.
create or replace function show_ending_authorizations(p_lead_ms double precision, p_limit integer) returns integer language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_orders  jsonb;
  v_changed integer := 0;
  v_step    text := 'captureAuthorization';
  v_reason  text;
  v_found   record;
begin
  select jsonb_agg(jsonb_build_object('orderId', a.order_id)) into v_orders from outdated_authorizations(p_lead_ms, p_limit) a;
  if v_orders is null then
    return 0;
  end if;
  perform lock_orders(order_ids(v_orders));
  -- Read again: they may have been captured before they were locked.
  for v_found in
    select * from outdated_authorizations(p_lead_ms, p_limit) a where a.order_id = any(order_ids(v_orders))
  loop
    v_changed := v_changed + 1;
    if v_found.shown is not null then
      delete from parked_steps where order_id = v_found.order_id and step = v_step;
      perform append_order_event(array[v_found.order_id], 'attention_cleared',
                                 jsonb_build_object('attention', jsonb_build_object('step', v_step)));
    end if;
    if v_found.capture_before is not null then
      v_reason := format('AuthorizationEnding: The authorisation %s ends; capture its money, or cancel the order',
                         v_found.payment_intent_id);
      insert into parked_steps (order_id, workflow_id, step, reason, attempts, actions, deadline)
      values (v_found.order_id, 'order/' || v_found.order_id || '/authorization', v_step, v_reason, 0, array['retry'],
              v_found.capture_before);
      perform append_order_event(array[v_found.order_id], 'attention_raised', jsonb_build_object('attention', jsonb_build_object(
        'step', v_step, 'reason', v_reason, 'deadline', iso_time(v_found.capture_before))));
    end if;
  end loop;
  return v_changed;
end $$;

-- Orders with a payment that holds money longer than p_after_ms after the provider should have ended its authorisation, at most p_limit of
-- those after order p_after. Each is returned in the sweep after that time and once an hour from then on, where the last sweep was at
-- p_since.
create or replace function overdue_authorizations(p_since timestamptz, p_after_ms double precision, p_after text, p_limit integer)
  returns table (order_id text, payment_intent_id text) language sql stable as $$
  select distinct on (p.order_id) p.order_id, p.payment_intent_id
    from payments p
    join orders o on o.order_id = p.order_id
         cross join lateral (select p.capture_before + p_after_ms * interval '1 millisecond' as due) d
   where p.capturable > 0 and p.payment_intent_id is not null and p.order_id > p_after and o.outcome_at is not null and not o.cancelling
     and d.due < clock_timestamp()
     and ceil(extract(epoch from clock_timestamp() - d.due) / 3600) > ceil(extract(epoch from p_since - d.due) / 3600)
   order by p.order_id, p.attempt limit p_limit;
$$;
