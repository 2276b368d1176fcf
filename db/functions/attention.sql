-- Steps that wait for an operator.

-- Parks steps. p_steps: [{orderId, workflowId, step, reason, attempts, actions, payment?}]; `payment` is what is known of the order's
-- money while its undo waits. Parked again, only the number of attempts and the reason change.
create or replace function park_steps(p_steps jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_step jsonb;
begin
  perform lock_orders(order_ids(p_steps));
  perform record_payments((select jsonb_agg(s) from jsonb_array_elements(p_steps) s join orders o
                               on o.order_id = s ->> 'orderId' and o.outcome_at is null));
  for v_step in select s from jsonb_array_elements(p_steps) s loop
    update parked_steps set reason = v_step ->> 'reason', attempts = (v_step ->> 'attempts')::integer
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

-- The result of parked steps: [{orderId, workflowId, step, action: 'success' | 'retry' | 'skip' | 'resolve', note?}]. A step that is
-- retried stays parked until it has succeeded.
create or replace function resolve_steps(p_steps jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_step jsonb;
begin
  perform lock_orders(order_ids(p_steps));
  for v_step in select s from jsonb_array_elements(p_steps) s loop
    if v_step ->> 'action' = 'retry' then
      perform 1 from parked_steps
       where order_id = v_step ->> 'orderId' and workflow_id = v_step ->> 'workflowId' and step = v_step ->> 'step';
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
