-- Orders that arrive together are carried by one workflow. Which one carries an order is decided here, by unique keys:
-- whoever accepts an order claims it first, and what was claimed by another is not accepted twice.

-- Null: `order/<order_id>`.
alter table orders add column workflow_id text;

-- Written before the order's workflow is started, so that the same key at two processes is one order, and the same key with
-- another body is refused at once. Kept for ever, as the keys of orders are.
create table order_claims (
  order_id     text primary key,
  request_hash text not null,
  workflow_id  text not null,
  claimed_at   timestamptz not null default clock_timestamp()
);

-- p_claims: [{orderId, requestHash, workflowId, from?}]. Answers who has each order now: {orderId, requestHash, workflowId,
-- ageMs}. With `from` the claim of that workflow, which was never started, is taken over.
create function claim_orders(p_claims jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
begin
  if p_claims @? '$[*].from' then
    update order_claims c
       set workflow_id = claim ->> 'workflowId', claimed_at = clock_timestamp()
      from jsonb_array_elements(p_claims) claim
     where c.order_id = claim ->> 'orderId' and c.workflow_id = claim ->> 'from'
       and c.request_hash = claim ->> 'requestHash';
  end if;
  -- Orders of before there were claims have none.
  insert into order_claims (order_id, request_hash, workflow_id)
  select claim ->> 'orderId', coalesce(o.request_hash, claim ->> 'requestHash'),
         case when o.order_id is null then claim ->> 'workflowId' else coalesce(o.workflow_id, 'order/' || o.order_id) end
    from jsonb_array_elements(p_claims) claim
    left join orders o on o.order_id = claim ->> 'orderId'
   order by 1
  on conflict (order_id) do nothing;
  return (
    select jsonb_agg(jsonb_build_object('orderId', c.order_id, 'requestHash', c.request_hash, 'workflowId', c.workflow_id,
             'ageMs', floor(extract(epoch from clock_timestamp() - c.claimed_at) * 1000)) order by x.n)
      from jsonb_array_elements(p_claims) with ordinality x (claim, n)
      join order_claims c on c.order_id = x.claim ->> 'orderId');
end $$;

create function workflow_of(p_order jsonb) returns text language sql immutable as $$
  select coalesce(p_order ->> 'workflowId', 'order/' || (p_order ->> 'orderId'));
$$;

-- From here on the order is carried by its own workflow, and not by the group that it has left.
-- p_orders: [{orderId, workflowId, from?}]
create function hand_over(p_orders jsonb) returns void language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
begin
  update order_claims c
     set workflow_id = workflow_of(asked)
    from jsonb_array_elements(p_orders) asked
   where c.order_id = asked ->> 'orderId' and c.workflow_id = asked ->> 'from';
  update orders o
     set workflow_id = workflow_of(asked)
    from jsonb_array_elements(p_orders) asked
   where o.order_id = asked ->> 'orderId' and o.workflow_id = asked ->> 'from';
end $$;

-- What the orders are now. p_orders: [{orderId}]
create function orders_now(p_orders jsonb) returns jsonb language sql as $$
  select order_answers(order_ids(p_orders));
$$;

-- As before (0007), and an order is reserved only by the workflow that carries it: any other is told which one that is,
-- by `ownedBy`. p_orders: [{…the order, workflowId?, from?}]; `from`: the group that it has left.
create or replace function reserve_stock(p_orders jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  v_items      jsonb;      -- sku -> {n, title, unitPrice, currency}, as locked
  v_on_hand    bigint[];   -- by n; goes down as orders take it
  v_known      jsonb;      -- orderId -> answer of an order that exists
  v_ids        text[] := '{}';
  v_answers    jsonb[] := '{}';
  v_new        jsonb[] := '{}';
  v_held       jsonb[] := '{}';
  v_order      jsonb;
  v_id         text;
  v_lines      jsonb;
  v_total      bigint;
  v_skus       text[];
  v_quantities bigint[];
  v_item       jsonb;
  v_status     text;
  v_reason     text;
  v_answer     jsonb;
  v_count      integer;
begin
  if p_orders @? '$[*].from' then
    perform hand_over(p_orders);
  end if;
  select array_agg(distinct line ->> 'sku') into v_skus
    from jsonb_array_elements(p_orders) o, jsonb_array_elements(o -> 'request' -> 'lines') line;
  select jsonb_object_agg(sku, jsonb_build_object('n', n, 'title', title, 'unitPrice', unit_price, 'currency', currency)),
         array_agg(on_hand order by n)
    into v_items, v_on_hand
    from (select locked.*, row_number() over (order by sku) as n
            from (select i.sku, i.title, i.unit_price, i.currency, i.on_hand
                    from stock_items i where i.sku = any(v_skus) order by i.sku for update) locked) numbered;

  -- After the locks: whoever reserved the same order before us has committed by now.
  select jsonb_object_agg(o.order_id, jsonb_strip_nulls(jsonb_build_object('orderId', o.order_id, 'status', o.status,
                          'reason', o.reason, 'total', o.total, 'currency', o.currency, 'ownedBy',
                          nullif(coalesce(o.workflow_id, 'order/' || o.order_id), workflow_of(asked)))))
    into v_known
    from jsonb_array_elements(p_orders) asked
    join orders o on o.order_id = asked ->> 'orderId';
  -- Accepted once more, by another process that took it over before it was reserved.
  select coalesce(v_known, '{}') || coalesce(jsonb_object_agg(c.order_id, jsonb_build_object('orderId', c.order_id,
           'status', 'placed', 'total', 0, 'currency', asked -> 'request' -> 'currency', 'ownedBy', c.workflow_id)), '{}')
    into v_known
    from jsonb_array_elements(p_orders) asked
    join order_claims c on c.order_id = asked ->> 'orderId' and c.workflow_id <> workflow_of(asked)
   where not exists (select 1 from orders o where o.order_id = c.order_id);

  for v_order in select o from jsonb_array_elements(p_orders) o loop
    v_id := v_order ->> 'orderId';
    -- The same order twice in one call is one order.
    v_answer := coalesce(v_known -> v_id, v_answers[array_position(v_ids, v_id)]);
    if v_answer is not null then
      v_ids := v_ids || v_id;
      v_answers := v_answers || v_answer;
      continue;
    end if;

    select jsonb_agg(jsonb_build_object('sku', l.sku, 'title', coalesce(v_items -> l.sku ->> 'title', l.sku),
                       'quantity', l.quantity, 'unitPrice', coalesce((v_items -> l.sku ->> 'unitPrice')::bigint, 0),
                       'total', coalesce((v_items -> l.sku ->> 'unitPrice')::bigint, 0) * l.quantity) order by l.n),
           coalesce(sum((v_items -> l.sku ->> 'unitPrice')::bigint * l.quantity), 0)
      into v_lines, v_total
      from (select line ->> 'sku' as sku, (line ->> 'quantity')::bigint as quantity, n
              from jsonb_array_elements(v_order -> 'request' -> 'lines') with ordinality x(line, n)) l;

    select array_agg(sku order by sku), array_agg(quantity order by sku)
      into v_skus, v_quantities
      from (select line ->> 'sku' as sku, sum((line ->> 'quantity')::bigint)::bigint as quantity
              from jsonb_array_elements(v_order -> 'request' -> 'lines') line group by 1) wanted;

    v_status := 'reserved';
    v_reason := null;
    for i in 1 .. coalesce(cardinality(v_skus), 0) loop
      v_item := v_items -> v_skus[i];
      if v_item is null then
        v_status := 'rejected'; v_reason := 'unknown_sku';
        exit;
      elsif v_item ->> 'currency' <> v_order -> 'request' ->> 'currency' then
        v_status := 'rejected'; v_reason := 'currency_mismatch';
        exit;
      elsif v_on_hand[(v_item -> 'n')::integer] < v_quantities[i] then
        v_status := 'out_of_stock'; v_reason := 'out_of_stock:' || v_skus[i];
      end if;
    end loop;
    if v_status = 'reserved' and v_total <> (v_order -> 'request' ->> 'expectedTotal')::bigint then
      v_status := 'rejected'; v_reason := 'total_mismatch';
    end if;

    if v_status = 'reserved' then
      for i in 1 .. coalesce(cardinality(v_skus), 0) loop
        v_count := (v_items -> v_skus[i] -> 'n')::integer;
        v_on_hand[v_count] := v_on_hand[v_count] - v_quantities[i];
        v_held := v_held || jsonb_build_object('orderId', v_id, 'sku', v_skus[i], 'quantity', v_quantities[i]);
      end loop;
    end if;

    v_answer := jsonb_strip_nulls(jsonb_build_object('orderId', v_id, 'status', v_status, 'reason', v_reason,
                  'total', v_total, 'currency', v_order -> 'request' ->> 'currency'));
    v_ids := v_ids || v_id;
    v_answers := v_answers || v_answer;
    v_new := v_new || (v_order || v_answer || jsonb_build_object('lines', v_lines));
  end loop;

  if v_new = '{}' then
    return to_jsonb(v_answers);
  end if;

  insert into orders (order_id, client_id, request_hash, status, reason, currency, total, lines, customer_email,
                      customer_name, shipping, payment_method, created_at, reserved_at, outcome_at, last_sequence,
                      workflow_id)
  select o ->> 'orderId', o ->> 'clientId', o ->> 'requestHash', o ->> 'status', o ->> 'reason', o ->> 'currency',
         (o ->> 'total')::bigint, o -> 'lines', o -> 'request' -> 'customer' ->> 'email',
         o -> 'request' -> 'customer' ->> 'name', o -> 'request' -> 'shipping',
         o -> 'request' -> 'payment' ->> 'method', (o ->> 'placedAt')::timestamptz,
         case when o ->> 'status' = 'reserved' then clock_timestamp() end,
         case when o ->> 'status' <> 'reserved' then clock_timestamp() end,
         2, o ->> 'workflowId'
    from unnest(v_new) o
   order by 1
  on conflict (order_id) do nothing;
  get diagnostics v_count = row_count;
  if v_count <> cardinality(v_new) then
    -- It was released (cancelled) in this very moment, before it was reserved: the caller runs this again and is told.
    raise exception 'an order appeared while it was reserved' using errcode = 'serialization_failure';
  end if;

  insert into reservations (order_id, sku, quantity, state)
  select h ->> 'orderId', h ->> 'sku', (h ->> 'quantity')::bigint, 'held' from unnest(v_held) h;

  update stock_items i
     set on_hand = i.on_hand - t.quantity, held = i.held + t.quantity, updated_at = clock_timestamp()
    from (select h ->> 'sku' as sku, sum((h ->> 'quantity')::bigint) as quantity from unnest(v_held) h group by 1) t
   where i.sku = t.sku;

  insert into order_events (order_id, sequence, type, data)
  select o ->> 'orderId', e.sequence, 'com.durable-checkout.order.' || e.name || '.v1',
         jsonb_strip_nulls(jsonb_build_object('status', e.name, 'total', o -> 'total', 'currency', o -> 'currency',
           'reason', case when e.sequence = 2 then o -> 'reason' end,
           'lines', case when e.sequence = 1 then o -> 'lines' end))
    from unnest(v_new) o, lateral (values (1, 'placed'), (2, o ->> 'status')) e(sequence, name)
   order by 1, 2;

  return to_jsonb(v_answers);
end $$;
