-- Money after the checkout (captures, refunds, cancellations), review by a person, and steps that wait for an operator.
-- Amounts are in minor units.

alter table payments drop constraint payments_status_check;
alter table payments
  add constraint payments_status_check check (status in (
    'none', 'requires_action', 'unknown', 'authorized', 'succeeded', 'declined', 'cancelled', 'refunded')),
  -- Authorised and not captured yet.
  add column capturable      bigint not null default 0 check (capturable >= 0),
  add column capture_before  timestamptz,
  -- 'skip' or 'resolve': an operator settled what the provider would not do.
  add column settled_by_hand text,
  -- It came when nobody waited for it any more: not the order's own.
  add column late            boolean not null default false,
  add constraint payments_within_amount check (captured + capturable <= amount);

alter table orders
  drop column attention,
  -- {reasons, deadline, decision?, note?, decidedAt?} of an order that waited for a person.
  add column review     jsonb,
  -- A paid order that is being cancelled: nothing else may be done with its money or its goods.
  add column cancelling boolean not null default false;

-- As before, beside money that an operator has decided to keep.
drop index payments_one_captured;
create unique index payments_one_captured on payments (order_id) where captured > refunded and settled_by_hand is null;

-- What gives money back, each once for ever: 'requested' by the shop, or the rest of it by a 'cancellation'.
-- 'pending' has booked its amount, so that all of them together never exceed what was captured.
create table refunds (
  refund_id         text primary key,
  order_id          text not null references orders,
  number            integer not null check (number >= 1),
  kind              text not null check (kind in ('requested', 'cancellation')),
  attempt           integer not null,
  payment_intent_id text not null,
  amount            bigint not null check (amount > 0),
  reason            text,
  request_hash      text not null,
  status            text not null check (status in ('pending', 'succeeded', 'skipped', 'resolved')),
  created_at        timestamptz not null default clock_timestamp(),
  updated_at        timestamptz not null default clock_timestamp(),
  unique (order_id, number)
);
create index refunds_pending on refunds (order_id) where status = 'pending';

create table captures (
  capture_id   text primary key,
  order_id     text not null references orders,
  amount       bigint not null check (amount > 0),
  final        boolean not null,
  request_hash text not null,
  status       text not null check (status in ('pending', 'succeeded', 'skipped', 'resolved')),
  created_at   timestamptz not null default clock_timestamp(),
  updated_at   timestamptz not null default clock_timestamp()
);
create index captures_by_order on captures (order_id);

-- Steps that have failed for longer than they should: they wait for an operator, and are tried on meanwhile.
create table parked_steps (
  order_id    text not null references orders,
  workflow_id text not null,
  step        text not null,
  reason      text not null,
  attempts    integer not null,
  -- What an operator can do: 'retry' always, 'skip' and 'resolve' where the story can go on without the step.
  actions     text[] not null,
  since       timestamptz not null default clock_timestamp(),
  primary key (order_id, workflow_id, step)
);

-- A mail can be one of several of its kind: each refund has its own.
alter table mails drop constraint mails_pkey;
alter table mails
  add column part integer not null default 1 check (part >= 1),
  add primary key (order_id, kind, part);

-- ISO 8601 in UTC with milliseconds.
create function iso_time(p_time timestamptz) returns text language sql immutable as $$
  select to_char(p_time at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
$$;

-- As before, with members of its own for the events. The caller holds the rows of the orders.
create function append_order_event(p_order_ids text[], p_type text, p_data jsonb) returns void language sql as $$
  with numbered as (
    update orders
       set last_sequence = last_sequence + 1, updated_at = clock_timestamp()
     where order_id = any(p_order_ids)
    returning order_id, last_sequence, status, reason, total, currency
  )
  insert into order_events (order_id, sequence, type, data)
  select order_id, last_sequence, 'com.durable-checkout.order.' || p_type || '.v1',
         jsonb_strip_nulls(jsonb_build_object('status', status, 'reason', case when status <> 'cancelled' then reason end,
                                              'total', total, 'currency', currency) || p_data)
    from numbered
   order by order_id;
$$;

create or replace function append_order_event(p_order_ids text[], p_type text) returns void language sql as $$
  select append_order_event(p_order_ids, p_type, '{}');
$$;

create or replace function record_payments(p_payments jsonb) returns void language sql as $$
  insert into payments (order_id, attempt, payment_intent_id, status, currency, amount, captured, refunded, capturable,
                        capture_before, settled_by_hand, decline_code, client_secret, next_action_url)
  select p ->> 'orderId', (p -> 'payment' ->> 'attempt')::integer, p -> 'payment' ->> 'paymentIntentId',
         p -> 'payment' ->> 'status', o.currency, o.total,
         coalesce((p -> 'payment' ->> 'captured')::bigint, 0), coalesce((p -> 'payment' ->> 'refunded')::bigint, 0),
         coalesce((p -> 'payment' ->> 'capturable')::bigint, 0), (p -> 'payment' ->> 'captureBefore')::timestamptz,
         p -> 'payment' ->> 'settledByHand', p -> 'payment' ->> 'declineCode', p -> 'payment' ->> 'clientSecret',
         p -> 'payment' ->> 'nextActionUrl'
    from jsonb_array_elements(p_payments) p
    join orders o on o.order_id = p ->> 'orderId'
   where p -> 'payment' is not null and p -> 'payment' <> 'null'
   order by 1, 2
  on conflict (order_id, attempt) do update
     set payment_intent_id = coalesce(excluded.payment_intent_id, payments.payment_intent_id),
         status = excluded.status,
         captured = excluded.captured,
         refunded = excluded.refunded,
         capturable = excluded.capturable,
         capture_before = excluded.capture_before,
         settled_by_hand = excluded.settled_by_hand,
         decline_code = excluded.decline_code,
         -- While nobody knows, the customer keeps what they need to go on.
         client_secret = case when excluded.status = 'unknown' then payments.client_secret else excluded.client_secret end,
         next_action_url = case when excluded.status = 'unknown' then payments.next_action_url
                                else excluded.next_action_url end,
         updated_at = clock_timestamp();
$$;

-- An order comes to wait for a person ('in_review'), or a person has decided: approved, it is 'reserved' again;
-- rejected, `release_stock` ends it. p_reviews: [{orderId, event: 'in_review', status, reasons, deadlineMs}] or
-- [{orderId, event: 'review_…', status, decision, note?}]; said twice, it is one event.
create function record_reviews(p_reviews jsonb) returns jsonb language plpgsql as $$
declare
  v_ids    text[] := order_ids(p_reviews);
  v_open   text[] := lock_open_orders(v_ids);
  v_review jsonb;
begin
  for v_review in select r from jsonb_array_elements(p_reviews) r where r ->> 'orderId' = any(v_open) loop
    update orders
       set status = v_review ->> 'status',
           review = case when v_review ->> 'event' = 'in_review'
             then jsonb_build_object('reasons', v_review -> 'reasons', 'deadline', iso_time(
                    clock_timestamp() + make_interval(secs => (v_review ->> 'deadlineMs')::bigint / 1000.0)))
             else review || jsonb_strip_nulls(jsonb_build_object('decision', v_review -> 'decision',
                    'note', v_review -> 'note', 'decidedAt', iso_time(clock_timestamp())))
           end
     where order_id = v_review ->> 'orderId'
       and case when v_review ->> 'event' = 'in_review' then review is null else review ->> 'decision' is null end;
    if found then
      perform append_order_event(array[v_review ->> 'orderId'], v_review ->> 'event', (
        select jsonb_build_object('review', review - 'note') from orders where order_id = v_review ->> 'orderId'));
    end if;
  end loop;
  return order_answers(v_ids);
end $$;

-- The refunds of an order that have booked money and not settled yet.
create function pending_refunds(p_order_id text) returns bigint language sql stable as $$
  select coalesce(sum(amount), 0)::bigint from refunds where order_id = p_order_id and status = 'pending';
$$;

-- Books refunds, never more in all than was captured. p_refunds: [{refundId, orderId, amount?, reason, requestHash}].
-- Answers {refundId, orderId, requestHash, outcome: 'booked', number, amount, paymentIntentId, status} or
-- {…, outcome: 'refused', code, left, orderStatus} each. A refund that is known answers what it is.
create function begin_refunds(p_refunds jsonb) returns jsonb language plpgsql as $$
declare
  v_answers jsonb := '[]';
  v_asked   jsonb;
  v_order   orders;
  v_payment payments;
  v_left    bigint;
  v_amount  bigint;
  v_code    text;
begin
  perform 1 from orders where order_id = any(order_ids(p_refunds)) order by order_id for update;
  for v_asked in select r from jsonb_array_elements(p_refunds) r loop
    if not exists (select 1 from refunds where refund_id = v_asked ->> 'refundId') then
      select * into v_order from orders where order_id = v_asked ->> 'orderId';
      select * into v_payment from payments
       where order_id = v_asked ->> 'orderId' and captured > refunded and not late order by attempt limit 1;
      v_left := coalesce(v_payment.captured - v_payment.refunded, 0) - pending_refunds(v_order.order_id);
      v_amount := coalesce((v_asked ->> 'amount')::bigint, v_left);
      v_code := case
        when v_order.order_id is null then 'order_not_found'
        when v_order.cancelling or v_order.status not in ('paid', 'shipped', 'delivered', 'closed') then 'not_refundable'
        when v_left <= 0 or v_amount > v_left then 'refund_exceeds_captured'
      end;
      if v_code is not null then
        v_answers := v_answers || jsonb_build_array(jsonb_build_object('refundId', v_asked -> 'refundId',
          'orderId', v_asked -> 'orderId', 'requestHash', v_asked -> 'requestHash', 'outcome', 'refused', 'code', v_code, 'left', greatest(v_left, 0),
          'orderStatus', v_order.status));
        continue;
      end if;
      insert into refunds (refund_id, order_id, number, kind, attempt, payment_intent_id, amount, reason, request_hash,
                           status)
      select v_asked ->> 'refundId', v_order.order_id, coalesce(max(number), 0) + 1, 'requested', v_payment.attempt,
             v_payment.payment_intent_id, v_amount, v_asked ->> 'reason', v_asked ->> 'requestHash', 'pending'
        from refunds where order_id = v_order.order_id;
      perform append_order_event(array[v_order.order_id], 'refund_requested', jsonb_build_object(
        'refund', jsonb_build_object('refundId', v_asked -> 'refundId', 'amount', v_amount)));
    end if;
    v_answers := v_answers || jsonb_build_array((
      select jsonb_build_object('refundId', refund_id, 'orderId', order_id, 'requestHash', request_hash,
               'outcome', 'booked', 'number', number,
               'amount', amount, 'paymentIntentId', payment_intent_id, 'status', status)
        from refunds where refund_id = v_asked ->> 'refundId'));
  end loop;
  return v_answers;
end $$;

-- A pending refund is settled: 'succeeded'; 'resolved', when an operator has given the money back by other means; or
-- 'skipped', when it is kept after all. The caller holds the order's row. False if it was settled before.
create function settle_refund(p_refund_id text, p_status text) returns boolean language plpgsql as $$
declare
  v_refund refunds;
begin
  update refunds set status = p_status, updated_at = clock_timestamp()
   where refund_id = p_refund_id and status = 'pending' returning * into v_refund;
  if not found then
    return false;
  end if;
  update payments
     set refunded = refunded + case when p_status = 'skipped' then 0 else v_refund.amount end,
         status = case when p_status <> 'skipped' and captured = refunded + v_refund.amount and capturable = 0
                       then 'refunded' else status end,
         settled_by_hand = case p_status when 'skipped' then 'skip' when 'resolved' then 'resolve' else settled_by_hand end,
         updated_at = clock_timestamp()
   where order_id = v_refund.order_id and attempt = v_refund.attempt;
  return true;
end $$;

-- p_refunds: [{refundId, orderId, status}]. An order whose money has all gone back is 'refunded'. Answers the orders.
create function finish_refunds(p_refunds jsonb) returns jsonb language plpgsql as $$
declare
  v_settled jsonb;
  v_all     boolean;
  v_type    text;
begin
  perform 1 from orders where order_id = any(order_ids(p_refunds)) order by order_id for update;
  for v_settled in select r from jsonb_array_elements(p_refunds) r loop
    if not settle_refund(v_settled ->> 'refundId', v_settled ->> 'status') then
      continue;
    end if;
    v_all := not exists (select 1 from payments where order_id = v_settled ->> 'orderId'
                                                  and (captured > refunded or capturable > 0));
    v_type := case when v_settled ->> 'status' = 'skipped' then 'refund_skipped'
                   when v_all then 'refunded' else 'partially_refunded' end;
    if v_type = 'refunded' then
      update orders set status = 'refunded' where order_id = v_settled ->> 'orderId';
    end if;
    perform append_order_event(array[v_settled ->> 'orderId'], v_type, (
      select jsonb_build_object('refund', jsonb_build_object('refundId', refund_id, 'amount', amount, 'status', status))
        from refunds where refund_id = v_settled ->> 'refundId'));
  end loop;
  return order_answers(order_ids(p_refunds));
end $$;

-- Stock of paid orders goes back on the shelf. The caller holds the rows of the orders; items are locked in the order of
-- their SKU.
create function restock(p_order_ids text[]) returns void language plpgsql as $$
begin
  perform 1 from stock_items
    where sku in (select sku from reservations where order_id = any(p_order_ids) and state = 'consumed')
    order by sku for update;
  with returned as (
    update reservations set state = 'released' where order_id = any(p_order_ids) and state = 'consumed'
    returning sku, quantity
  ), moved as (
    select sku, sum(quantity) as quantity from returned group by sku
  )
  update stock_items i
     set sold = i.sold - m.quantity, on_hand = i.on_hand + m.quantity, updated_at = clock_timestamp()
    from moved m
   where i.sku = m.sku;
end $$;

-- Paid orders that are to be cancelled: from here on nothing else is done with them, and the rest of their money is
-- booked to go back. p_cancellations: [{orderId, reason}]. Answers each {orderId, outcome, orderStatus} and, where it is
-- 'begun', {paymentIntentId?, capturable, refund?: {refundId, amount}}; 'busy' while other refunds or captures are not
-- settled; 'refused' for any status but 'paid' (and 'cancelled', which is 'done').
create function begin_cancellations(p_cancellations jsonb) returns jsonb language plpgsql as $$
declare
  v_answers jsonb := '[]';
  v_asked   jsonb;
  v_order   orders;
  v_payment payments;
  v_outcome text;
begin
  perform 1 from orders where order_id = any(order_ids(p_cancellations)) order by order_id for update;
  for v_asked in select c from jsonb_array_elements(p_cancellations) c loop
    select * into v_order from orders where order_id = v_asked ->> 'orderId';
    v_outcome := case
      when v_order.status = 'cancelled' then 'done'
      when v_order.status is distinct from 'paid' then 'refused'
      when v_order.cancelling then 'begun'
      when exists (select 1 from refunds where order_id = v_order.order_id and status = 'pending')
        or exists (select 1 from captures where order_id = v_order.order_id and status = 'pending') then 'busy'
      else 'begun'
    end;
    v_payment := null;
    if v_outcome = 'begun' then
      select * into v_payment from payments
       where order_id = v_order.order_id and (captured > refunded or capturable > 0) and not late order by attempt limit 1;
      if not v_order.cancelling then
        update orders set cancelling = true, updated_at = clock_timestamp() where order_id = v_order.order_id;
        insert into refunds (refund_id, order_id, number, kind, attempt, payment_intent_id, amount, reason, request_hash,
                             status)
        select v_order.order_id || '/cancellation', v_order.order_id,
               (select coalesce(max(number), 0) + 1 from refunds where order_id = v_order.order_id), 'cancellation',
               v_payment.attempt, v_payment.payment_intent_id, v_payment.captured - v_payment.refunded,
               v_asked ->> 'reason', '', 'pending'
         where v_payment.captured > v_payment.refunded;
      end if;
    end if;
    v_answers := v_answers || jsonb_build_array(jsonb_strip_nulls(jsonb_build_object(
      'orderId', v_asked -> 'orderId', 'outcome', v_outcome, 'orderStatus', v_order.status,
      'paymentIntentId', v_payment.payment_intent_id, 'capturable', v_payment.capturable,
      'refund', (select jsonb_build_object('refundId', refund_id, 'amount', amount) from refunds
                  where refund_id = v_order.order_id || '/cancellation' and v_outcome = 'begun'))));
  end loop;
  return v_answers;
end $$;

-- p_cancellations: [{orderId, reason, refund?: 'succeeded' | 'skipped' | 'resolved', released?: boolean}]: the money has
-- gone back and what was authorised is released; now the goods go back and the order ends, in one transaction.
create function finish_cancellations(p_cancellations jsonb) returns jsonb language plpgsql as $$
declare
  v_ids   text[] := order_ids(p_cancellations);
  v_ended text[];
begin
  perform 1 from orders where order_id = any(v_ids) order by order_id for update;
  with ended as (
    update orders o set status = 'cancelled', reason = c ->> 'reason', cancelling = false
      from jsonb_array_elements(p_cancellations) c
     where o.order_id = c ->> 'orderId' and o.status = 'paid' and o.cancelling
    returning o.order_id
  )
  select coalesce(array_agg(order_id), '{}') into v_ended from ended;
  update payments p
     set capturable = case when (c ->> 'released')::boolean then 0 else capturable end,
         status = case when (c ->> 'released')::boolean and captured = 0 then 'cancelled' else status end,
         settled_by_hand = case when not (c ->> 'released')::boolean then 'skip' else settled_by_hand end,
         updated_at = clock_timestamp()
    from jsonb_array_elements(p_cancellations) c
   where p.order_id = c ->> 'orderId' and p.order_id = any(v_ended) and p.capturable > 0;
  perform settle_refund((c ->> 'orderId') || '/cancellation', c ->> 'refund')
     from jsonb_array_elements(p_cancellations) c
    where c ->> 'orderId' = any(v_ended) and c ->> 'refund' is not null;
  perform restock(v_ended);
  perform append_order_event(v_ended, 'cancelled');
  return order_answers(v_ids);
end $$;

-- Books captures of authorised payments. p_captures: [{captureId, orderId, amount?, final?, requestHash}]. Answers each
-- {captureId, orderId, outcome: 'booked', amount, final, status, payment: {…}} or {…, outcome: 'refused', code, left,
-- orderStatus}. A capture that is known answers what it is.
create function begin_captures(p_captures jsonb) returns jsonb language plpgsql as $$
declare
  v_answers jsonb := '[]';
  v_asked   jsonb;
  v_order   orders;
  v_payment payments;
  v_left    bigint;
  v_amount  bigint;
  v_code    text;
begin
  perform 1 from orders where order_id = any(order_ids(p_captures)) order by order_id for update;
  for v_asked in select c from jsonb_array_elements(p_captures) c loop
    select * into v_order from orders where order_id = v_asked ->> 'orderId';
    if not exists (select 1 from captures where capture_id = v_asked ->> 'captureId') then
      select * into v_payment from payments
       where order_id = v_order.order_id and capturable > 0 and not late order by attempt limit 1;
      select case when bool_or(final) then 0 else coalesce(v_payment.capturable, 0) - coalesce(sum(amount), 0) end
        into v_left from captures where order_id = v_order.order_id and status = 'pending';
      v_amount := coalesce((v_asked ->> 'amount')::bigint, v_left);
      v_code := case
        when v_order.order_id is null then 'order_not_found'
        when v_order.cancelling or v_order.status not in ('paid', 'shipped', 'delivered', 'closed') or v_left <= 0
          then 'not_capturable'
        when v_amount > v_left then 'capture_exceeds_authorized'
      end;
      if v_code is not null then
        v_answers := v_answers || jsonb_build_array(jsonb_build_object('captureId', v_asked -> 'captureId',
          'orderId', v_asked -> 'orderId', 'requestHash', v_asked -> 'requestHash', 'outcome', 'refused', 'code', v_code, 'left', greatest(v_left, 0),
          'orderStatus', v_order.status));
        continue;
      end if;
      insert into captures (capture_id, order_id, amount, final, request_hash, status)
      values (v_asked ->> 'captureId', v_order.order_id, v_amount,
              coalesce((v_asked ->> 'final')::boolean, v_amount = v_left), v_asked ->> 'requestHash', 'pending');
    end if;
    v_answers := v_answers || jsonb_build_array((
      select jsonb_build_object('captureId', c.capture_id, 'orderId', c.order_id, 'requestHash', c.request_hash,
               'outcome', 'booked', 'amount', c.amount,
               'final', c.final, 'status', c.status,
               'payment', (select jsonb_build_object('attempt', p.attempt, 'paymentIntentId', p.payment_intent_id,
                                    'captured', p.captured, 'capturable', p.capturable)
                             from payments p where p.order_id = c.order_id and not p.late
                            order by (p.captured > p.refunded or p.capturable > 0) desc, p.attempt limit 1),
               'order', jsonb_build_object('currency', v_order.currency, 'paymentMethod', v_order.payment_method,
                                           'placedAt', v_order.created_at))
        from captures c where c.capture_id = v_asked ->> 'captureId'));
  end loop;
  return v_answers;
end $$;

-- p_captures: [{captureId, orderId, status, payment: {attempt, captured, capturable}}]; `payment` as the provider says.
create function finish_captures(p_captures jsonb) returns jsonb language plpgsql as $$
declare
  v_settled jsonb;
begin
  perform 1 from orders where order_id = any(order_ids(p_captures)) order by order_id for update;
  for v_settled in select c from jsonb_array_elements(p_captures) c loop
    update captures set status = v_settled ->> 'status', updated_at = clock_timestamp()
     where capture_id = v_settled ->> 'captureId' and status = 'pending';
    if not found then
      continue;
    end if;
    -- Captures may be finished in another order than they were made in: what is left only ever becomes less.
    update payments
       set captured = greatest(captured, (v_settled -> 'payment' ->> 'captured')::bigint),
           capturable = least(capturable, (v_settled -> 'payment' ->> 'capturable')::bigint),
           status = case when least(capturable, (v_settled -> 'payment' ->> 'capturable')::bigint) = 0
                         then 'succeeded' else 'authorized' end,
           updated_at = clock_timestamp()
     where order_id = v_settled ->> 'orderId' and attempt = (v_settled -> 'payment' ->> 'attempt')::integer
       and v_settled -> 'payment' is not null;
    -- Taken by other means.
    update payments p
       set captured = captured + c.amount, capturable = case when c.final then 0 else capturable - c.amount end,
           status = case when c.final or capturable = c.amount then 'succeeded' else 'authorized' end,
           settled_by_hand = 'resolve', updated_at = clock_timestamp()
      from captures c
     where v_settled ->> 'status' = 'resolved' and c.capture_id = v_settled ->> 'captureId'
       and p.order_id = c.order_id and p.capturable >= c.amount;
    perform append_order_event(array[v_settled ->> 'orderId'],
      case v_settled ->> 'status' when 'skipped' then 'capture_skipped' else 'captured' end, (
        select jsonb_build_object('capture', jsonb_build_object('captureId', capture_id, 'amount', amount,
                                                                'status', status))
          from captures where capture_id = v_settled ->> 'captureId'));
  end loop;
  return order_answers(order_ids(p_captures));
end $$;

-- An authorisation that had expired was made anew: the old one holds nothing any more.
-- p_payments: [{orderId, payment: {attempt, …}}]
create function renew_authorizations(p_payments jsonb) returns jsonb language plpgsql as $$
begin
  perform 1 from orders where order_id = any(order_ids(p_payments)) order by order_id for update;
  update payments p
     set capturable = 0, status = case when captured = 0 then 'cancelled' else 'succeeded' end,
         updated_at = clock_timestamp()
    from jsonb_array_elements(p_payments) renewed
   where p.order_id = renewed ->> 'orderId' and p.attempt < (renewed -> 'payment' ->> 'attempt')::integer
     and p.capturable > 0;
  perform record_payments(p_payments);
  return order_answers(order_ids(p_payments));
end $$;

-- Money that had gone back and came back to the shop: 'succeeded' when it has gone back again, else settled by hand.
-- p_refunds: [{orderId, paymentIntentId, providerRefundId, status}]; said twice, it is one event.
create function finish_returned_refunds(p_refunds jsonb) returns jsonb language plpgsql as $$
declare
  v_settled jsonb;
  v_data    jsonb;
begin
  perform 1 from orders where order_id = any(order_ids(p_refunds)) order by order_id for update;
  for v_settled in select r from jsonb_array_elements(p_refunds) r loop
    v_data := v_settled - 'orderId';
    if exists (select 1 from order_events where order_id = v_settled ->> 'orderId' and data -> 'refund' = v_data) then
      continue;
    end if;
    update payments
       set settled_by_hand = case v_settled ->> 'status' when 'skipped' then 'skip' when 'resolved' then 'resolve'
                                                         else settled_by_hand end,
           updated_at = clock_timestamp()
     where payment_intent_id = v_settled ->> 'paymentIntentId';
    perform append_order_event(array[v_settled ->> 'orderId'], 'returned_refund_settled',
                               jsonb_build_object('refund', v_data));
  end loop;
  return order_answers(order_ids(p_refunds));
end $$;

-- Of each {orderId, paymentIntentId}: whether the order is decided, and not by this payment.
create function are_late_payments(p_payments jsonb) returns jsonb language sql stable as $$
  select coalesce(jsonb_agg(coalesce(o.outcome_at is not null and not exists (
           select 1 from payments p
            where p.order_id = o.order_id and p.payment_intent_id = asked.payment ->> 'paymentIntentId'
              and (p.captured > 0 or p.capturable > 0)), false) order by asked.n), '[]')
    from jsonb_array_elements(p_payments) with ordinality asked(payment, n)
    left join orders o on o.order_id = asked.payment ->> 'orderId';
$$;

-- Money that came when nobody waited for it any more, and has gone back: [{orderId, paymentIntentId, captured, refunded}].
create function record_late_payments(p_payments jsonb) returns jsonb language plpgsql as $$
declare
  v_late   jsonb;
  v_status text;
begin
  perform 1 from orders where order_id = any(order_ids(p_payments)) order by order_id for update;
  for v_late in select p from jsonb_array_elements(p_payments) p loop
    v_status := case when v_late -> 'refunded' = v_late -> 'captured' then 'refunded' else 'succeeded' end;
    update payments
       set captured = (v_late ->> 'captured')::bigint, refunded = (v_late ->> 'refunded')::bigint, capturable = 0,
           status = v_status, settled_by_hand = v_late ->> 'settledByHand', late = true, updated_at = clock_timestamp()
     where order_id = v_late ->> 'orderId' and payment_intent_id = v_late ->> 'paymentIntentId' and captured = 0;
    if not found then
      insert into payments (order_id, attempt, payment_intent_id, status, currency, amount, captured, refunded,
                            settled_by_hand, late)
      select o.order_id, coalesce(max(p.attempt), 0) + 1, v_late ->> 'paymentIntentId', v_status, o.currency,
             (v_late ->> 'captured')::bigint, (v_late ->> 'captured')::bigint, (v_late ->> 'refunded')::bigint,
             v_late ->> 'settledByHand', true
        from orders o left join payments p on p.order_id = o.order_id
       where o.order_id = v_late ->> 'orderId'
         and not exists (select 1 from payments known where known.payment_intent_id = v_late ->> 'paymentIntentId')
       group by o.order_id, o.currency;
      if not found then
        continue;
      end if;
    end if;
    perform append_order_event(array[v_late ->> 'orderId'],
      case v_status when 'refunded' then 'late_payment_refunded' else 'late_payment_kept' end, jsonb_build_object(
      'refund', jsonb_build_object('paymentIntentId', v_late -> 'paymentIntentId', 'amount', v_late -> 'refunded')));
  end loop;
  return order_answers(order_ids(p_payments));
end $$;

-- Steps come to wait for an operator. p_steps: [{orderId, workflowId, step, reason, attempts, actions, payment?}]; `payment`
-- is what is known of the order's money while its undo waits. Said again, only the count and the reason change.
create function park_steps(p_steps jsonb) returns jsonb language plpgsql as $$
declare
  v_step jsonb;
begin
  perform 1 from orders where order_id = any(order_ids(p_steps)) order by order_id for update;
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
  return order_answers(order_ids(p_steps));
end $$;

-- What became of parked steps: [{orderId, workflowId, step, action: 'success' | 'retry' | 'skip' | 'resolve', note?}]. A
-- step that is only tried again stays parked until it has succeeded.
create function attend_steps(p_steps jsonb) returns jsonb language plpgsql as $$
declare
  v_step jsonb;
begin
  perform 1 from orders where order_id = any(order_ids(p_steps)) order by order_id for update;
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
  return order_answers(order_ids(p_steps));
end $$;

create or replace function claim_mails(p_mails jsonb) returns jsonb language sql as $$
  with claimed as (
    insert into mails (order_id, kind, part, message_id, attempts)
    select m ->> 'orderId', m ->> 'kind', coalesce((m ->> 'part')::integer, 1), m ->> 'messageId', 1
      from jsonb_array_elements(p_mails) with ordinality x(m, n)
     order by 1, n
    on conflict (order_id, kind, part) do update set attempts = mails.attempts + 1, status = 'pending'
     where mails.status <> 'sent'
    returning mails.order_id, mails.kind, mails.part, mails.message_id
  )
  select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('orderId', c.order_id, 'kind', c.kind,
           'messageId', c.message_id, 'email', o.customer_email, 'name', o.customer_name, 'currency', o.currency,
           'total', o.total, 'lines', o.lines, 'reason', o.reason, 'refunded', r.amount)) order by x.n), '[]')
    from jsonb_array_elements(p_mails) with ordinality x(m, n)
    join claimed c on c.order_id = m ->> 'orderId' and c.kind = m ->> 'kind'
                  and c.part = coalesce((m ->> 'part')::integer, 1)
    join orders o on o.order_id = c.order_id
    left join refunds r on r.order_id = c.order_id and c.kind = 'refunded' and r.number = c.part;
$$;
