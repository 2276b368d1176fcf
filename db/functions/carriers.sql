-- The run that carries an order, and how an order passes from a run that is gone to a new one.
--
-- `order_claims` names the workflow that carries an order, and its epoch. Each run knows its own epoch, and sends it with every step. A run
-- that another has replaced may still be at work: it was started late, it was reset by hand, or its last workflow task is still executed.
-- Its steps have a lower epoch and are refused. A step without an epoch is of a run that has the first, as those of release 0.2 have.

-- Refuses the steps if a later run carries one of the orders. p_items: [{orderId, epoch?, …}]. Call it when the orders are locked: the
-- takeover locks them too, so a step has committed before it, or is refused.
create or replace function require_carrier(p_items jsonb) returns void language plpgsql as $$
declare
  v_order_id text;
  v_epoch    integer;
begin
  select c.order_id, c.epoch into v_order_id, v_epoch
    from order_claims c
   where c.order_id = any(order_ids(p_items)) and c.epoch > 1
     and c.epoch > (select min(coalesce((i ->> 'epoch')::integer, 1)) from jsonb_array_elements(p_items) i
                     where i ->> 'orderId' = c.order_id)
   limit 1;
  if found then
    raise exception 'A step of an earlier run of order % is refused: epoch % carries it.', v_order_id, v_epoch using errcode = '23S03';
  end if;
end $$;

-- The same for parked steps, [{orderId, workflowId, epoch?, …}]: only the order's own checkout has an epoch, not another workflow of the
-- order, such as a refund.
create or replace function require_carrier_of_steps(p_steps jsonb) returns void language sql as $$
  select require_carrier(jsonb_agg(s)) from jsonb_array_elements(p_steps) s where s ->> 'workflowId' = 'order/' || (s ->> 'orderId');
$$;

-- An order may have been reserved without a claim, by a release that had none.
create or replace function claim_reserved_orders(p_order_ids text[]) returns void language sql as $$
  insert into order_claims (order_id, request_hash, workflow_id)
  select order_id, request_hash, coalesce(workflow_id, 'order/' || order_id) from orders where order_id = any(p_order_ids)
   order by 1
  on conflict (order_id) do nothing;
$$;

-- Records that a run has accepted to cancel these orders, so that a later run of an order cancels it if that one is gone before it is done.
-- The first reason counts, as it does for the run. An order that is decided takes no notice of it. p_requests: [{orderId, reason,
-- actor?}]
create or replace function record_cancel_requests(p_requests jsonb) returns void language plpgsql as $$
begin
  perform claim_reserved_orders(order_ids(p_requests));
  update order_claims c set cancel_reason = r ->> 'reason', cancel_actor = r -> 'actor'
    from jsonb_array_elements(p_requests) r
   where c.order_id = r ->> 'orderId' and c.cancel_reason is null;
end $$;

-- Gives orders whose run is gone to the next run. p_orders: [{orderId, from, epoch, reason, decided?, actor?, note?}], where `from` and `epoch` are the
-- workflow and the epoch that were found without a live run. With `decided`, also an order that is decided, whose mails are not sent. Of
-- several callers one takes an order over. Returns for each {orderId, outcome}: 'decided' needs no run; 'moved' has passed to another
-- run meanwhile; 'taken' with {epoch, restarts, cancelReason?, cancelActor?} and, if the order was reserved before, `order`: {clientId, requestHash,
-- placedAt, status, total, attempt?, review?, request}, which is what a new run needs.
create or replace function take_over_orders(p_orders jsonb) returns jsonb language plpgsql as $$
declare
  v_results jsonb := '[]';
  v_asked   jsonb;
  v_order   orders;
  v_claim   order_claims;
  v_result  jsonb;
begin
  perform lock_orders(order_ids(p_orders));
  perform claim_reserved_orders(order_ids(p_orders));
  for v_asked in select o from jsonb_array_elements(p_orders) o loop
    perform act_as(v_asked -> 'actor', v_asked ->> 'note');
    select * into v_order from orders where order_id = v_asked ->> 'orderId';
    v_result := jsonb_build_object('orderId', v_asked -> 'orderId');
    if v_order.outcome_at is not null and (v_asked ->> 'decided')::boolean is not true then
      v_results := v_results || (v_result || '{"outcome": "decided"}');
      continue;
    end if;
    update order_claims
       set workflow_id = order_workflow_id(v_asked), epoch = epoch + 1, restarted_at = clock_timestamp(),
           restarts = case when restarted_at > clock_timestamp() - interval '1 hour' then restarts + 1 else 1 end
     where order_id = v_asked ->> 'orderId' and workflow_id = v_asked ->> 'from' and epoch = (v_asked ->> 'epoch')::integer
    returning * into v_claim;
    if not found then
      v_results := v_results || (v_result || '{"outcome": "moved"}');
      continue;
    end if;
    v_result := v_result || jsonb_build_object('outcome', 'taken', 'epoch', v_claim.epoch, 'restarts', v_claim.restarts)
      || jsonb_strip_nulls(jsonb_build_object('cancelReason', v_claim.cancel_reason, 'cancelActor', v_claim.cancel_actor));
    if v_order.order_id is not null then
      update orders set workflow_id = v_claim.workflow_id
       where order_id = v_order.order_id and workflow_id is distinct from v_claim.workflow_id;
      perform clear_parked_steps(jsonb_build_array(
        jsonb_build_object('orderId', v_order.order_id, 'workflowId', v_asked -> 'from'),
        jsonb_build_object('orderId', v_order.order_id, 'workflowId', v_claim.workflow_id, 'all', true)));
      perform append_order_event(array[v_order.order_id], 'restarted', jsonb_build_object(
        'run', jsonb_build_object('epoch', v_claim.epoch, 'reason', v_asked -> 'reason')));
      v_result := v_result || jsonb_build_object('order', jsonb_strip_nulls(jsonb_build_object(
        'clientId', v_order.client_id, 'requestHash', v_order.request_hash, 'placedAt', iso_time(v_order.created_at),
        'status', v_order.status, 'total', v_order.total, 'traceparent', v_order.traceparent, 'review', v_order.review,
        'attempt', (select max(attempt) from payments where order_id = v_order.order_id and not late),
        'request', jsonb_build_object(
          'customer', jsonb_build_object('email', v_order.customer_email, 'name', v_order.customer_name),
          'currency', v_order.currency,
          'lines', (select jsonb_agg(jsonb_build_object('sku', line -> 'sku', 'quantity', line -> 'quantity') order by n)
                      from jsonb_array_elements(v_order.lines) with ordinality x (line, n)),
          'payment', jsonb_build_object('method', v_order.payment_method),
          'shipping', v_order.shipping, 'locale', v_order.locale))));
    end if;
    v_results := v_results || v_result;
  end loop;
  return v_results;
end $$;
