-- Which workflow carries an order: one row for each order, in `order_claims`. Orders that arrive together are processed by one workflow, a
-- group; unique keys decide here which workflow carries which order. A process claims an order before it accepts it, and does not accept
-- what another has claimed. Each time that the order passes to another run, the epoch of its claim grows (carriers.sql).

-- The workflow in {orderId, workflowId?}.
create or replace function order_workflow_id(p_order jsonb) returns text language sql immutable as $$
  select coalesce(p_order ->> 'workflowId', 'order/' || (p_order ->> 'orderId'));
$$;

-- p_claims: [{orderId, requestHash, workflowId, from?, fromEpoch?}]. With `from`, the claim of that workflow, which was never started, is
-- taken over with the next epoch, unless the order has been reserved by now. Without `fromEpoch`, the caller is of a release whose runs
-- have no epoch: it takes over only what has the first, and keeps it. Returns the claim that each order has: {orderId, requestHash,
-- workflowId, epoch, ageMs}.
create or replace function claim_orders(p_claims jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
begin
  if p_claims @? '$[*].from' then
    update order_claims c
       set workflow_id = claim ->> 'workflowId', claimed_at = clock_timestamp(),
           epoch = case when claim ? 'fromEpoch' then c.epoch + 1 else c.epoch end
      from jsonb_array_elements(p_claims) claim
     where c.order_id = claim ->> 'orderId' and c.workflow_id = claim ->> 'from'
       and c.epoch = coalesce((claim ->> 'fromEpoch')::integer, 1)
       and c.request_hash = claim ->> 'requestHash'
       and not exists (select 1 from orders o where o.order_id = c.order_id);
  end if;
  -- An order that exists without a claim keeps its workflow.
  insert into order_claims (order_id, request_hash, workflow_id)
  select claim ->> 'orderId', coalesce(o.request_hash, claim ->> 'requestHash'),
         case when o.order_id is null then claim ->> 'workflowId' else coalesce(o.workflow_id, 'order/' || o.order_id) end
    from jsonb_array_elements(p_claims) claim
    left join orders o on o.order_id = claim ->> 'orderId'
   order by 1
  on conflict (order_id) do nothing;
  return (
    select jsonb_agg(jsonb_build_object('orderId', c.order_id, 'requestHash', c.request_hash, 'workflowId', c.workflow_id,
             'epoch', c.epoch, 'ageMs', floor(extract(epoch from clock_timestamp() - c.claimed_at) * 1000)) order by x.n)
      from jsonb_array_elements(p_claims) with ordinality x (claim, n)
      join order_claims c on c.order_id = x.claim ->> 'orderId');
end $$;

-- The orders leave their group: from here on each is carried by its own workflow. p_orders: [{orderId, workflowId?, from?, epoch?}], where
-- `from` is the workflow of the group, and `epoch` the one of the order's own workflow. The orders are locked first, so that a step of the
-- group has committed, or is refused.
create or replace function detach_orders(p_orders jsonb) returns void language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
begin
  perform lock_orders(order_ids(p_orders));
  update order_claims c
     set workflow_id = order_workflow_id(asked), epoch = greatest(c.epoch, coalesce((asked ->> 'epoch')::integer, 1))
    from jsonb_array_elements(p_orders) asked
   where c.order_id = asked ->> 'orderId' and c.workflow_id = asked ->> 'from'
     and c.epoch <= coalesce((asked ->> 'epoch')::integer, 1);
  update orders o
     set workflow_id = order_workflow_id(asked)
    from jsonb_array_elements(p_orders) asked
   where o.order_id = asked ->> 'orderId' and o.workflow_id = asked ->> 'from';
end $$;
