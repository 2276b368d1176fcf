-- Disputes of payments (chargebacks and inquiries). The customer's bank opens and decides them, and the provider says what they are: they
-- are facts, which are only recorded here. The statuses are Stripe's; those with `warning_` are of an inquiry, which withdraws no money.

create or replace function dispute_is_closed(p_status text) returns boolean language sql immutable as $$
  select p_status in ('won', 'lost', 'warning_closed', 'prevented');
$$;

-- The shop can send evidence.
create or replace function dispute_needs_response(p_status text) returns boolean language sql immutable as $$
  select p_status in ('needs_response', 'warning_needs_response', 'appeal_needs_response');
$$;

-- The provider refuses refunds of the payment: the customer may get the money by the dispute, or has got it.
create or replace function dispute_refuses_refunds(p_status text) returns boolean language sql immutable as $$
  select p_status not in ('won', 'prevented', 'warning_needs_response', 'warning_under_review', 'warning_closed');
$$;

-- How much of a payment its disputes have taken back from the shop; minor units. A dispute that is won gives the money back. p_closed: of
-- disputes that are decided only.
create or replace function disputed_amount(p_order_id text, p_payment_intent_id text, p_closed boolean default false) returns bigint
language sql stable as $$
  select coalesce(sum(d.amount), 0)::bigint
    from disputes d join orders o using (order_id)
   where d.order_id = p_order_id and d.payment_intent_id = p_payment_intent_id and d.currency = o.currency
     and d.funds_withdrawn and d.status <> 'won' and (not p_closed or dispute_is_closed(d.status));
$$;

-- The dispute because of which the provider refuses refunds of a payment; null: there is none.
create or replace function refusing_dispute(p_order_id text, p_payment_intent_id text) returns text language sql stable as $$
  select dispute_id from disputes
   where order_id = p_order_id and payment_intent_id = p_payment_intent_id and dispute_refuses_refunds(status)
   order by dispute_is_closed(status), opened_at limit 1;
$$;

-- Brings the disputes of payments to what the provider says. p_payments: [{orderId, paymentIntentId, asOf, disputes: [{disputeId,
-- amount, currency, reason, status, evidenceDueAt?, fundsWithdrawn, openedAt}]}]; `asOf` is a time before the provider was asked. What
-- was asked for earlier than what is recorded changes nothing, since it may be older; where it differs, the result has `outdated`, and the
-- provider has to be asked again. `asOf` is of another clock: one that is ahead counts as now. Each change is an event of the order;
-- recorded twice, it is one event. While the shop can send evidence, the order needs attention. Returns the orders: {…, outdated?: true}.
create or replace function record_disputes(p_payments jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_payment jsonb;
  v_said    jsonb;
  v_before  disputes;
  v_now     disputes;
  v_as_of   timestamptz;
  v_stale   text[] := '{}';
  v_events  text[];
  v_event   text;
begin
  perform lock_orders(order_ids(p_payments));
  perform act_as_provider();
  for v_payment in
    select p from jsonb_array_elements(p_payments) p where exists (select 1 from orders o where o.order_id = p ->> 'orderId')
  loop
    v_as_of := least((v_payment ->> 'asOf')::timestamptz, clock_timestamp());
    for v_said in select d from jsonb_array_elements(v_payment -> 'disputes') d order by d ->> 'openedAt', d ->> 'disputeId' loop
      select * into v_before from disputes where dispute_id = v_said ->> 'disputeId';
      if v_before.as_of > v_as_of then
        if (v_before.amount, v_before.currency, v_before.reason, v_before.status, v_before.evidence_due_at, v_before.funds_withdrawn)
             is distinct from ((v_said ->> 'amount')::bigint, v_said ->> 'currency', v_said ->> 'reason', v_said ->> 'status',
                               (v_said ->> 'evidenceDueAt')::timestamptz, (v_said ->> 'fundsWithdrawn')::boolean) then
          v_stale := v_stale || v_before.order_id;
        end if;
        continue;
      end if;
      insert into disputes as d (dispute_id, order_id, payment_intent_id, amount, currency, reason, status, evidence_due_at,
                                 funds_withdrawn, opened_at, closed_at, as_of)
      values (v_said ->> 'disputeId', v_payment ->> 'orderId', v_payment ->> 'paymentIntentId', (v_said ->> 'amount')::bigint,
              v_said ->> 'currency', v_said ->> 'reason', v_said ->> 'status', (v_said ->> 'evidenceDueAt')::timestamptz,
              (v_said ->> 'fundsWithdrawn')::boolean, (v_said ->> 'openedAt')::timestamptz,
              case when dispute_is_closed(v_said ->> 'status') then clock_timestamp() end, v_as_of)
      on conflict (dispute_id) do update
         set amount = excluded.amount, currency = excluded.currency, reason = excluded.reason, status = excluded.status,
             evidence_due_at = excluded.evidence_due_at, funds_withdrawn = excluded.funds_withdrawn,
             closed_at = case when excluded.closed_at is not null then coalesce(d.closed_at, excluded.closed_at) end,
             as_of = excluded.as_of,
             updated_at = case when (d.amount, d.currency, d.reason, d.status, d.evidence_due_at, d.funds_withdrawn)
                                 is distinct from (excluded.amount, excluded.currency, excluded.reason, excluded.status,
                                                   excluded.evidence_due_at, excluded.funds_withdrawn)
                               then clock_timestamp() else d.updated_at end
      returning d.* into v_now;
      v_events := case when v_before.dispute_id is null then array['dispute_created'] else '{}' end
        || case when dispute_is_closed(v_now.status) and v_now.status is distinct from v_before.status then array['dispute_closed']
                when v_now.updated_at > v_before.updated_at then array['dispute_updated'] else '{}' end;
      foreach v_event in array v_events loop
        perform append_order_event(array[v_now.order_id], v_event, jsonb_build_object('dispute', jsonb_build_object(
          'disputeId', v_now.dispute_id, 'paymentIntentId', v_now.payment_intent_id, 'amount', v_now.amount,
          'currency', v_now.currency, 'reason', v_now.reason, 'status', v_now.status,
          'outcome', case when dispute_is_closed(v_now.status) then v_now.status end,
          'evidenceDueAt', iso_time(v_now.evidence_due_at), 'fundsWithdrawn', v_now.funds_withdrawn)));
      end loop;
    end loop;
    -- One that is won gives its money back to the shop.
    perform recount_uncaptured(v_payment ->> 'orderId');
    perform show_due_dispute(v_payment ->> 'orderId', v_payment ->> 'paymentIntentId');
  end loop;
  return (
    select jsonb_agg(case when result ->> 'orderId' = any(v_stale) then result || '{"outdated": true}' else result end order by n)
      from jsonb_array_elements(order_results(order_ids(p_payments))) with ordinality x (result, n));
end $$;

-- The order needs attention while one of the payment's disputes waits for evidence: for the one whose time ends first. The caller holds the
-- lock of the order. No workflow waits: `workflow_id` is that of the workflow which asks the provider again.
create or replace function show_due_dispute(p_order_id text, p_payment_intent_id text) returns void language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_workflow_id text := 'order/' || p_order_id || '/disputes/' || p_payment_intent_id;
  v_step        text := 'respondToDispute';
  v_due         disputes;
  v_reason      text;
begin
  select * into v_due from disputes
   where order_id = p_order_id and payment_intent_id = p_payment_intent_id and dispute_needs_response(status)
   order by evidence_due_at nulls last, dispute_id limit 1;
  if v_due.dispute_id is null then
    delete from parked_steps where order_id = p_order_id and workflow_id = v_workflow_id and step = v_step;
    if found then
      perform append_order_event(array[p_order_id], 'attention_cleared',
                                 jsonb_build_object('attention', jsonb_build_object('step', v_step)));
    end if;
    return;
  end if;
  v_reason := format('PaymentDisputed: The customer disputes the payment (%s, %s); the provider waits for evidence',
                     v_due.dispute_id, v_due.reason);
  update parked_steps set reason = v_reason, deadline = v_due.evidence_due_at
   where order_id = p_order_id and workflow_id = v_workflow_id and step = v_step;
  if not found then
    insert into parked_steps (order_id, workflow_id, step, reason, attempts, actions, deadline)
    values (p_order_id, v_workflow_id, v_step, v_reason, 0, array['retry'], v_due.evidence_due_at);
    perform append_order_event(array[p_order_id], 'attention_raised', jsonb_build_object('attention',
      jsonb_build_object('step', v_step, 'reason', v_reason, 'deadline', iso_time(v_due.evidence_due_at))));
  end if;
end $$;
