-- Steps that wait for an operator.

-- Parks steps. p_steps: [{orderId, workflowId, epoch?, step, reason, attempts, actions, payment?}]; `payment` is what is known of the order's
-- money while its undo waits. Parked again, only the number of attempts, the reason and the actions change.
create or replace function park_steps(p_steps jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_step jsonb;
begin
  perform lock_orders(order_ids(p_steps));
  perform require_carrier_of_steps(p_steps);
  perform record_payments((select jsonb_agg(s) from jsonb_array_elements(p_steps) s join orders o
                               on o.order_id = s ->> 'orderId' and o.outcome_at is null));
  for v_step in select s from jsonb_array_elements(p_steps) s loop
    update parked_steps
       set reason = v_step ->> 'reason', attempts = (v_step ->> 'attempts')::integer,
           actions = array(select jsonb_array_elements_text(v_step -> 'actions'))
     where order_id = v_step ->> 'orderId' and workflow_id = v_step ->> 'workflowId' and step = v_step ->> 'step';
    if found then
      continue;
    end if;
    insert into parked_steps (order_id, workflow_id, step, reason, attempts, actions)
    select o.order_id, v_step ->> 'workflowId', v_step ->> 'step', v_step ->> 'reason',
           (v_step ->> 'attempts')::integer, array(select jsonb_array_elements_text(v_step -> 'actions'))
      from orders o where o.order_id = v_step ->> 'orderId';
    if found then
      perform append_order_event(array[v_step ->> 'orderId'], 'attention_raised', jsonb_build_object(
        'attention', jsonb_build_object('step', v_step -> 'step', 'reason', v_step -> 'reason')));
    end if;
  end loop;
  return order_results(order_ids(p_steps));
end $$;

-- The result of parked steps: [{orderId, workflowId, epoch?, step, action: 'success' | 'retry' | 'skip' | 'resolve', note?, actor?, actionId?}].
-- A step that is retried stays parked until it has succeeded. A retry that has the id of the last one was recorded already.
create or replace function resolve_steps(p_steps jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_step jsonb;
begin
  perform lock_orders(order_ids(p_steps));
  perform require_carrier_of_steps(p_steps);
  for v_step in select s from jsonb_array_elements(p_steps) s loop
    perform act_as(v_step -> 'actor', v_step ->> 'note');
    if v_step ->> 'action' = 'retry' then
      update parked_steps set actor = v_step -> 'actor', note = v_step ->> 'note', retry_id = v_step ->> 'actionId'
       where order_id = v_step ->> 'orderId' and workflow_id = v_step ->> 'workflowId' and step = v_step ->> 'step'
         and (v_step ->> 'actionId' is null or retry_id is distinct from v_step ->> 'actionId');
    else
      delete from parked_steps
       where order_id = v_step ->> 'orderId' and workflow_id = v_step ->> 'workflowId' and step = v_step ->> 'step';
    end if;
    if found then
      perform append_order_event(array[v_step ->> 'orderId'],
        case v_step ->> 'action' when 'success' then 'attention_cleared' else 'attention_' || (v_step ->> 'action') end,
        jsonb_build_object('attention', jsonb_build_object('step', v_step -> 'step', 'note', v_step -> 'note')));
    end if;
  end loop;
  return order_results(order_ids(p_steps));
end $$;

-- Whether a new run of the workflow finds again what a step waits for. It does not where no run waits (`carryOrder`, `respondToDispute`), nor
-- where the cause is told once (`checkPayment`).
create or replace function is_found_again(p_step text) returns boolean language sql immutable as $$
  select p_step not in ('carryOrder', 'respondToDispute', 'captureAuthorization') and p_step not like 'checkPayment %';
$$;

-- A new run begins for each {orderId, workflowId, all?}: what an earlier run of the workflow has parked waits for nobody any more. The new
-- run parks a step again that still fails. What it does not find again is left unless `all` is true.
create or replace function clear_parked_steps(p_runs jsonb) returns void language plpgsql as $$
declare
  v_steps jsonb;
begin
  select jsonb_agg(jsonb_build_object('orderId', p.order_id, 'workflowId', p.workflow_id, 'step', p.step))
    into v_steps
    from jsonb_array_elements(p_runs) r
    join parked_steps p on p.order_id = r ->> 'orderId' and p.workflow_id = r ->> 'workflowId'
     and (is_found_again(p.step) or (r ->> 'all')::boolean);
  if v_steps is null then
    return;
  end if;
  perform lock_orders(order_ids(v_steps));
  with cleared as (
    delete from parked_steps p using jsonb_array_elements(v_steps) s
     where p.order_id = s ->> 'orderId' and p.workflow_id = s ->> 'workflowId' and p.step = s ->> 'step'
    returning p.order_id, p.step
  )
  select jsonb_agg(jsonb_build_object('orderId', order_id, 'step', step)) into v_steps from cleared;
  perform append_order_event(array[s ->> 'orderId'], 'attention_cleared', jsonb_build_object(
            'attention', jsonb_build_object('step', s -> 'step')))
     from jsonb_array_elements(v_steps) s;
end $$;

-- Steps that tell of a payment whose cause is gone, at most p_limit:
--   AuthorizationEnded: the order is not paid any more, its money is held or captured again, or a later payment has made the hold again
--   RefundReturned: the order is cancelled, or as much has gone back since
--   RefundExceedsCaptured: the order was cancelled since
create or replace function settled_concerns(p_limit integer)
  returns table (order_id text, workflow_id text, step text, payment_intent_id text) language sql stable as $$
  select s.order_id, s.workflow_id, s.step, p.payment_intent_id
    from parked_steps s
    join orders o on o.order_id = s.order_id
    join payments p on p.order_id = s.order_id and s.step = 'checkPayment ' || p.payment_intent_id
   where s.step like 'checkPayment %' and not o.cancelling and case split_part(s.reason, ':', 1)
     when 'AuthorizationEnded' then
       o.status <> all(paid_order_statuses())
       or exists (select from payments later
                   where later.order_id = p.order_id and later.attempt > p.attempt and not later.late
                     and later.captured + later.capturable > 0)
       or (select sum(captured + capturable) from payments where order_id = p.order_id and not late)
          >= o.total - (select coalesce(sum(uncaptured_amount), 0) from order_lines where order_id = p.order_id)
     when 'RefundReturned' then
       o.status = 'cancelled'
       or p.captured <= p.refunded + disputed_amount(p.order_id, p.payment_intent_id)
       or (select coalesce(sum(amount) filter (where status in ('succeeded', 'resolved') and created_at > s.since), 0)
                  - sum(amount) filter (where status = 'skipped' and provider_refund_id is not null)
             from refunds where order_id = p.order_id and attempt = p.attempt) >= 0
     when 'RefundExceedsCaptured' then
       o.status = 'cancelled'
       and exists (select from order_events e where e.order_id = s.order_id and e.type = order_event_type('cancelled') and e.occurred_at > s.since)
     else false end
   order by 1, 2, 3 limit p_limit;
$$;
