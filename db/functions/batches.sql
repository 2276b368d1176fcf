-- Batches: one action of an operator on many orders. The workflow `batch` carries them.

-- The code at the beginning of the reason of a parked step, `RefundRefused` of `RefundRefused: the card …`. Empty if it has none.
create or replace function reason_code(p_reason text) returns text language sql immutable as $$
  select coalesce(substring(p_reason from '^([A-Z][A-Za-z]+)(?=[:,\s]|$)'), '');
$$;

-- The parked step of an order that a batch acts on: the oldest with this kind of step and this code; null is any.
create or replace function parked_step_of_batch(p_order_id text, p_step text, p_code text) returns parked_steps language sql stable as $$
  select s from parked_steps s
   where s.order_id = p_order_id and (p_step is null or split_part(s.step, ' ', 1) = p_step)
     and (p_code is null or reason_code(s.reason) = p_code)
   order by s.since, s.workflow_id, s.step limit 1;
$$;

-- What an action would do with orders, without doing it: one row for each order. `refusal`: why it would be left out, else null.
-- `money_out` is what leaves the shop and `money_in` what comes in, in minor units; null is nothing, or not known.
create or replace function plan_batch_items(p_client_id text, p_action text, p_step text, p_code text, p_order_ids text[])
  returns table (order_id text, status text, refusal text, step text, workflow_id text, attempts integer,
                 money_out bigint, money_in bigint, currency text, mails integer) language sql stable as $$
  with wanted as (
    select w.order_id as wanted_id, o.*, s.step as parked_step, s.workflow_id as parked_by, s.attempts as parked_attempts,
           s.actions as parked_actions,
           exists (select 1 from refunds r where r.order_id = o.order_id and r.status = 'pending')
           or exists (select 1 from captures c where c.order_id = o.order_id and c.status = 'pending') as is_busy
      from unnest(p_order_ids) w (order_id)
      left join lateral (select * from orders where orders.order_id = w.order_id and orders.client_id = p_client_id limit 1) o on true
      left join lateral (select (parked_step_of_batch(o.order_id, p_step, p_code)).*
                          where p_action in ('retry', 'skip', 'resolve')) s on true
  ), paid as (
    -- Few orders have a dispute or a pending operation: for all others no function is called.
    select w.*, case when d.is_disputed then refusing_dispute(w.order_id, p.payment_intent_id) end as dispute,
           coalesce(p.captured - p.refunded, 0)
           - case when d.is_disputed then disputed_amount(w.order_id, p.payment_intent_id) else 0 end as kept,
           case when w.is_busy then pending_refunds(w.order_id) else 0 end as pending
      from wanted w
      left join lateral (select * from payments where payments.order_id = w.order_id and not late
                          order by captured > refunded desc, capturable > 0 desc, attempt limit 1) p on true
      left join lateral (select exists (select 1 from disputes where disputes.order_id = w.order_id) as is_disputed) d on true
  ), captured as (
    select p.*, greatest(p.kept - p.pending, 0) as refundable, case when p_action = 'capture' then
             coalesce((payment_to_capture(p.order_id)).capturable, 0)
             - (select coalesce(sum(l.uncaptured_amount), 0) from order_lines l where l.order_id = p.order_id) end as to_capture
      from paid p
  )
  select c.wanted_id, c.status,
         case
           when c.order_id is null then 'order_not_found'
           when p_action in ('retry', 'skip', 'resolve') then case
             when c.parked_step is null then 'not_parked'
             when p_action <> all (c.parked_actions) then 'action_not_possible'
             when p_action = 'retry' and c.parked_step like 'refundPayment%' and c.dispute is not null then 'payment_disputed'
           end
           when p_action in ('approve', 'reject') then case
             when c.status <> 'in_review' then 'not_in_review'
             when c.review ->> 'decision' is not null then 'already_decided'
           end
           when p_action = 'cancel' then case
             when c.status = 'cancelled' then 'already_cancelled'
             when c.status in ('shipped', 'delivered', 'closed', 'refunded') or c.status = any (failed_order_statuses()) then 'too_late'
             when c.cancelling then 'operation_in_progress'
             when c.status = 'paid' and (was_handed_over(c.order_id)
               or exists (select 1 from order_lines l where l.order_id = c.order_id and l.shipped > 0)
               or exists (select 1 from reservations r where r.order_id = c.order_id and r.shipped > 0)) then 'too_late'
             when c.status = 'paid' and c.is_busy then 'operation_in_progress'
             when exists (select 1 from disputes d where d.order_id = c.order_id and dispute_refuses_refunds(d.status)
                           and not dispute_is_closed(d.status)) then 'payment_disputed'
           end
           when p_action = 'refund' then case
             when c.cancelling or c.status <> all (paid_order_statuses()) then 'not_refundable'
             when c.dispute is not null then 'payment_disputed'
             when c.refundable = 0 then 'nothing_left'
           end
           else case
             when c.cancelling or c.status <> all (paid_order_statuses()) then 'not_capturable'
             when c.is_busy then 'operation_in_progress'
             when c.to_capture <= 0 then 'not_capturable'
           end
         end,
         c.parked_step, c.parked_by, c.parked_attempts,
         case
           when p_action = 'refund' then nullif(c.refundable, 0)
           when p_action = 'cancel' and c.status = 'paid' then nullif(greatest(c.kept, 0), 0)
           when p_action = 'retry' and c.parked_step like 'refundPayment%' then coalesce(
             (select r.amount from refunds r where 'order/' || r.refund_id = c.parked_by),
             case when c.parked_by = coalesce(c.workflow_id, 'order/' || c.order_id) then nullif(greatest(c.kept, 0), 0) end)
         end,
         case
           when p_action = 'capture' then nullif(greatest(c.to_capture, 0), 0)
           when p_action = 'approve' and c.status = 'in_review' then nullif(c.total, 0)
         end,
         c.currency,
         case
           when p_action in ('approve', 'reject', 'cancel', 'refund') then 1
           when p_action = 'retry' and (c.parked_step like 'notify%' or c.parked_step like 'refundPayment%') then 1
           when p_action = 'resolve' and c.parked_step like 'refundPayment%' then 1
           else 0
         end
    from captured c;
$$;

-- Records a batch with its orders, each named once, as they are now. p_batch: {batchId, clientId, keyId, sessionId?, requestHash, action, step?, code?, source}.
-- Returns false if there is one with this id already.
create or replace function plan_batch(p_batch jsonb, p_order_ids text[]) returns boolean language plpgsql as $$
begin
  insert into batches (batch_id, client_id, key_id, session_id, request_hash, action, step, code, source)
  values (p_batch ->> 'batchId', p_batch ->> 'clientId', p_batch ->> 'keyId', p_batch ->> 'sessionId', p_batch ->> 'requestHash',
          p_batch ->> 'action', p_batch ->> 'step', p_batch ->> 'code', p_batch -> 'source')
  on conflict (batch_id) do nothing;
  if not found then
    return false;
  end if;
  insert into batch_items (batch_id, number, order_id, outcome, reason, status, step, workflow_id, money_out, money_in, currency, mails)
  select p_batch ->> 'batchId', w.number, w.order_id, case when p.refusal is null then 'pending' else 'left_out' end, p.refusal,
         p.status, p.step, p.workflow_id, p.money_out, p.money_in, p.currency, p.mails
    from unnest(p_order_ids) with ordinality w (order_id, number)
   cross join lateral plan_batch_items(p_batch ->> 'clientId', p_batch ->> 'action', p_batch ->> 'step', p_batch ->> 'code',
                                       array[w.order_id]) p;
  return true;
end $$;

-- Begins a planned batch if nothing has changed since its dry run. p_start: {clientId, wouldGo, note, startedBy}. Returns {outcome, wouldGo}:
-- 'started', also again; 'changed': other orders would go than the operator has seen, or their amounts are others, and the dry run is
-- that of now; 'miscounted': `wouldGo` is not the number of the dry run; 'empty': no order would go; 'ended': it has run; 'unknown'.
create or replace function start_batch(p_batch_id text, p_start jsonb) returns jsonb language plpgsql as $$
declare
  v_batch   batches;
  v_changed integer;
  v_would   integer;
  v_outcome text;
begin
  select * into v_batch from batches
   where batch_id = p_batch_id and client_id = p_start ->> 'clientId' for update;
  if not found then
    return jsonb_build_object('outcome', 'unknown');
  end if;
  if v_batch.state in ('running', 'stopping') then
    return jsonb_build_object('outcome', 'started');
  elsif v_batch.state <> 'planned' then
    return jsonb_build_object('outcome', 'ended');
  end if;
  with renewed as (
    -- A subquery for each row. A join would be planned for few rows, and compare each of 10,000 with each.
    update batch_items i
       set (outcome, reason, status, step, workflow_id, money_out, money_in, mails) = (
             select case when p.refusal is null then 'pending' else 'left_out' end, p.refusal, p.status, p.step, p.workflow_id,
                    p.money_out, p.money_in, p.mails
               from plan_batch_items(v_batch.client_id, v_batch.action, v_batch.step, v_batch.code, array[i.order_id]) p)
     where i.batch_id = p_batch_id
    returning new.outcome = 'pending' as would_go,
              new.outcome <> old.outcome
              or new.outcome = 'pending' and (new.step, new.workflow_id, new.money_out, new.money_in)
                                             is distinct from (old.step, old.workflow_id, old.money_out, old.money_in) as is_changed
  )
  select count(*) filter (where is_changed), count(*) filter (where would_go) into v_changed, v_would from renewed;
  v_outcome := case
    when v_changed > 0 then 'changed'
    when v_would = 0 then 'empty'
    when v_would is distinct from (p_start ->> 'wouldGo')::integer then 'miscounted'
    else 'started'
  end;
  if v_outcome = 'started' then
    update batches set state = 'running', note = p_start ->> 'note', started_by = p_start -> 'startedBy', started_at = clock_timestamp()
     where batch_id = p_batch_id;
  elsif v_outcome = 'changed' then
    update batches set planned_at = clock_timestamp() where batch_id = p_batch_id;
  end if;
  return jsonb_build_object('outcome', v_outcome, 'wouldGo', v_would);
end $$;

-- Asks a batch to stop after the orders in progress. Returns its state after that; null: there is no such batch. Safe to run twice.
create or replace function stop_batch(p_batch_id text, p_client_id text, p_stopped_by jsonb) returns text language plpgsql as $$
begin
  update batches set state = 'stopping', stop_cause = 'operator', stopped_by = p_stopped_by
   where batch_id = p_batch_id and client_id = p_client_id and state = 'running';
  return (select state from batches where batch_id = p_batch_id and client_id = p_client_id);
end $$;

-- Takes an order's turn: checks it again, and marks it as begun. An item that was begun by an attempt that died is taken up again without the
-- check, since the action may have had its effect. Returns {take: 'go', turn: {batchId, orderId, clientId, action, step?, workflowId?,
-- attempts?, note, startedBy}}, {take: 'settled', outcome} or {take: 'stop'}.
create or replace function begin_batch_item(p_batch_id text, p_number integer) returns jsonb language plpgsql as $$
declare
  v_batch batches;
  v_item  batch_items;
  v_plan  record;
begin
  select * into v_item from batch_items where batch_id = p_batch_id and number = p_number for update;
  select * into v_batch from batches where batch_id = p_batch_id;
  if v_item.outcome not in ('pending', 'running') then
    return jsonb_build_object('take', 'settled', 'outcome', v_item.outcome);
  end if;
  if v_item.outcome = 'pending' then
    if v_batch.state <> 'running' then
      return jsonb_build_object('take', 'stop');
    end if;
    select * into v_plan
      from plan_batch_items(v_batch.client_id, v_batch.action, v_batch.step, v_batch.code, array[v_item.order_id]);
    if v_plan.refusal is not null or to_jsonb(array[v_item.step, v_item.workflow_id, v_item.money_out::text, v_item.money_in::text])
         <> to_jsonb(array[v_plan.step, v_plan.workflow_id, v_plan.money_out::text, v_plan.money_in::text]) then
      update batch_items set outcome = 'left_out', reason = coalesce(v_plan.refusal, 'changed'), status = v_plan.status,
                             settled_at = clock_timestamp()
       where batch_id = p_batch_id and number = p_number;
      return jsonb_build_object('take', 'settled', 'outcome', 'left_out');
    end if;
    update batch_items set outcome = 'running', attempts = v_plan.attempts, status = v_plan.status, begun_at = clock_timestamp()
     where batch_id = p_batch_id and number = p_number
    returning * into v_item;
  end if;
  return jsonb_strip_nulls(jsonb_build_object('take', 'go', 'turn', jsonb_build_object('batchId', p_batch_id,
    'orderId', v_item.order_id, 'clientId', v_batch.client_id, 'action', v_batch.action, 'step', v_item.step,
    'workflowId', v_item.workflow_id, 'attempts', v_item.attempts, 'note', v_batch.note, 'startedBy', v_batch.started_by)));
end $$;

-- Records what became of an order. The first result counts. After p_max_failures failures in a row the batch stops by itself. Returns whether
-- this call has recorded it.
create or replace function settle_batch_item(p_batch_id text, p_number integer, p_outcome text, p_reason text, p_detail text,
                                             p_max_failures integer) returns boolean language plpgsql as $$
begin
  -- The batch first, so that the results of one batch are in one sequence.
  perform 1 from batches where batch_id = p_batch_id for update;
  update batch_items set outcome = p_outcome, reason = p_reason, detail = p_detail, settled_at = clock_timestamp()
   where batch_id = p_batch_id and number = p_number and outcome = 'running';
  if not found then
    return false;
  end if;
  if p_outcome = 'left_out' then
    return true;
  end if;
  update batches set failures_in_row = case p_outcome when 'failed' then failures_in_row + 1 else 0 end where batch_id = p_batch_id;
  update batches set state = 'stopping', stop_cause = 'failures'
   where batch_id = p_batch_id and state = 'running' and failures_in_row >= p_max_failures;
  return true;
end $$;

-- Ends a batch that has nothing left to do, or was asked to stop. p_cause: why it ends although orders are left; null where it does not.
-- Returns its state. Safe to run twice.
create or replace function finish_batch(p_batch_id text, p_cause text) returns text language plpgsql as $$
declare
  v_state text;
  v_left  boolean;
begin
  select state into v_state from batches where batch_id = p_batch_id for update;
  v_left := exists (select 1 from batch_items where batch_id = p_batch_id and outcome in ('pending', 'running'));
  if p_cause is not null and v_state in ('running', 'stopping') then
    -- Nobody records their results any more.
    update batch_items set outcome = 'failed', reason = 'result_unknown', settled_at = clock_timestamp()
     where batch_id = p_batch_id and outcome = 'running';
  end if;
  if v_state in ('running', 'stopping') and (p_cause is not null or v_state = 'stopping' or not v_left) then
    update batches set state = case when v_left then 'stopped' else 'done' end,
                       stop_cause = case when v_left then coalesce(stop_cause, p_cause) end, ended_at = clock_timestamp()
     where batch_id = p_batch_id
    returning state into v_state;
  end if;
  return v_state;
end $$;
