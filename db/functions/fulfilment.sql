-- What the fulfilment workflow reads and records. Each function may run twice, late, or after the shipment was cancelled.

-- Plans the shipments of orders, closes those whose return window is over, and returns what has to be done next.
-- p_orders: [{orderId, mode: 'carrier' | 'warehouse', tracking: boolean, returnWindowMs}]. Returns for each {orderId, status, done,
-- short: [{sku, location, quantity}], buyLabels, refundLabels, track, attention: [{shipmentId, number, reason, cancelled?, step}], mails: [{kind, part}],
-- capture?: {captureId, amount, final}, refunds: [{refundId, lines: [{line, quantity}]}], nextInMs?}. `done`: nothing is left to do, now
-- and later.
create or replace function plan_fulfilments(p_orders jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_results jsonb := '[]';
  v_asked   jsonb;
begin
  perform lock_orders(order_ids(p_orders));
  for v_asked in select o from jsonb_array_elements(p_orders) o loop
    if exists (select 1 from orders where order_id = v_asked ->> 'orderId') then
      perform replan_shipments(array[v_asked ->> 'orderId'], v_asked ->> 'mode');
      perform close_order(v_asked ->> 'orderId', (v_asked ->> 'returnWindowMs')::bigint);
    end if;
    v_results := v_results || jsonb_build_array(next_of_fulfilment(v_asked ->> 'orderId',
      (v_asked ->> 'tracking')::boolean, (v_asked ->> 'returnWindowMs')::bigint));
  end loop;
  return v_results;
end $$;

-- When the order is to be closed: the return window after its last delivery; null: not before something else has happened.
create or replace function close_time(p_order_id text, p_return_window_ms bigint) returns timestamptz language sql stable as $$
  select (select max(delivered_at) from shipments s where s.order_id = o.order_id) + p_return_window_ms * interval '1 millisecond'
    from orders o
   where o.order_id = p_order_id and o.status = 'delivered'
     and not exists (select 1 from returns r where r.order_id = o.order_id and r.status in ('requested', 'open'));
$$;

create or replace function close_order(p_order_id text, p_return_window_ms bigint) returns void language plpgsql as $$
begin
  -- Lines may have been cancelled since the last shipment.
  if roll_up_order(p_order_id) then
    perform append_order_event(array[p_order_id], (select status from orders where order_id = p_order_id));
  end if;
  if close_time(p_order_id, p_return_window_ms) <= clock_timestamp() then
    update orders set status = 'closed', closed_at = clock_timestamp() where order_id = p_order_id;
    perform append_order_event(array[p_order_id], 'closed');
  end if;
end $$;

-- Reads what has to be done next for one order; changes nothing. The result is that of `plan_fulfilments`.
create or replace function next_of_fulfilment(p_order_id text, p_tracking boolean, p_return_window_ms bigint) returns jsonb language sql stable as $$
  with o as (
    select order_id, status, status = any(paid_order_statuses()) and not cancelling as live
      from orders where order_id = p_order_id
  ), s as (
    select shipments.*, shipments.handed_over_at is not null as handed_over,
           exists (select 1 from shipments again where again.replaces = shipments.shipment_id) as replaced,
           coalesce(tracking_problem(shipments.status, tracking),
                    case when p_tracking and tracking_code is not null and is_silent(shipments.status, checks, next_check_at)
                         then 'silent' end) as problem
      from shipments where order_id = p_order_id
  ), due as (
    select jsonb_strip_nulls(jsonb_build_object(
      'orderId', p_order_id,
      'status', (select status from o),
      'short', (select coalesce(jsonb_agg(jsonb_build_object('sku', r.sku, 'location', r.location_id, 'quantity', r.short)
                                          order by r.sku, r.location_id), '[]')
                  from o join reservations r using (order_id) where o.live and r.state = 'committed' and r.short > 0),
      'buyLabels', exists (select 1 from s, o where o.live and s.mode = 'carrier' and s.status = 'allocated'),
      'refundLabels', exists (select 1 from s where label_refund_is_due(s.label_refund, s.next_check_at)),
      'track', exists (select 1 from s where p_tracking and s.tracking_code is not null
                                           and tracking_is_due(s.status, s.next_check_at, s.tracker_changed_at)),
      'attention', (select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('shipmentId', s.shipment_id, 'number', s.number,
                             'reason', s.problem, 'step', problem_step(s.number, s.status, s.tracking, s.problem),
                             'cancelled', case s.status when 'cancelled' then true end)) order by s.number), '[]')
                      from s
                     where s.problem is not null
                       -- The warehouse may have reported the parcel as another shipment.
                       and not (s.status = 'cancelled' and exists (select 1 from s other where other.tracking_code = s.tracking_code
                                                                                           and other.status <> 'cancelled'))
                       and not was_skipped(s.order_id, problem_step(s.number, s.status, s.tracking, s.problem))),
      'mails', (select coalesce(jsonb_agg(jsonb_build_object('kind', kind, 'part', s.number) order by s.number, n), '[]')
                  from s, unnest(array['shipped', 'out_for_delivery', 'delivered']) with ordinality k (kind, n)
                 where case kind when 'shipped' then s.handed_over and s.status <> 'lost'
                                 when 'out_for_delivery' then s.status = 'out_for_delivery'
                                 else s.status = 'delivered' end
                   and not exists (select 1 from mails m where m.order_id = s.order_id and m.kind = k.kind and m.part = s.number
                                                           and m.status in ('sent', 'refused'))
                   and not was_skipped(s.order_id, 'notify ' || k.kind || ' ' || s.number)),
      'capture', next_capture(p_order_id),
      'refunds', (select coalesce(jsonb_agg(jsonb_build_object('refundId', s.order_id || '/refund/lost-' || s.number, 'lines', (
                            select jsonb_agg(jsonb_build_object('line', l.line, 'quantity', l.quantity) order by l.line)
                              from shipment_lines l where l.shipment_id = s.shipment_id)) order by s.number), '[]')
                    from s, o
                   where o.live and s.status = 'lost' and not s.replaced
                     and not exists (select 1 from refunds f where f.refund_id = s.order_id || '/refund/lost-' || s.number)),
      'nextInMs', (select ceil(extract(epoch from min(at) - clock_timestamp()) * 1000)::bigint
                     from (select close_time(p_order_id, p_return_window_ms) as at
                           union all
                           select next_check_at from s
                            where s.label_refund in ('submitted', 'rejected')
                               or p_tracking and s.status = any(tracked_shipment_statuses())) x))) as result
  )
  select result || jsonb_build_object('done',
           not (result ? 'capture' or result ? 'nextInMs' or (result ->> 'buyLabels')::boolean
                or (result ->> 'refundLabels')::boolean or (result ->> 'track')::boolean or result -> 'attention' <> '[]' or result -> 'mails' <> '[]'
                or result -> 'refunds' <> '[]')
           and case
             -- Neither paid nor on its way to it, or without anything that is shipped.
             when not coalesce((select live from o), false) then coalesce((select status <> all (open_order_statuses())
                                                                              from o), true)
                                                                 and not exists (select 1 from s where status = any(moving_shipment_statuses()))
             when (select status from o) = 'closed' then true
             else not exists (select 1 from s)
                  and not exists (select 1 from o join reservations r using (order_id) where r.state = 'committed')
           end)
    from due;
$$;

-- Whether an operator has had the workflow continue without this step.
create or replace function was_skipped(p_order_id text, p_step text) returns boolean language sql stable as $$
  select exists (select 1 from order_events
                  where order_id = p_order_id
                    and type in (order_event_type('attention_skip'), order_event_type('attention_resolve'))
                    and data -> 'attention' ->> 'step' = p_step);
$$;

create or replace function label_refund_is_due(p_label_refund text, p_next_check_at timestamptz) returns boolean language sql stable as $$
  select coalesce(p_label_refund = 'wanted'
                  or p_label_refund in ('submitted', 'rejected') and p_next_check_at <= clock_timestamp(), false);
$$;

-- Whether the carrier is asked for a tracker now. A cancelled shipment is asked for only when the carrier says that it has changed.
create or replace function tracking_is_due(p_status text, p_next_check_at timestamptz, p_tracker_changed_at timestamptz)
  returns boolean language sql stable as $$
  select coalesce(case when p_status = any(tracked_shipment_statuses())
                       then p_tracker_changed_at is not null or p_next_check_at <= clock_timestamp()
                       else p_status = 'cancelled' and p_tracker_changed_at is not null end, false);
$$;

-- What an operator has to look into, by the newest report of the carrier; null: nothing. Of a cancelled shipment: that it was sent.
create or replace function tracking_problem(p_status text, p_tracking jsonb) returns text language sql immutable as $$
  select p_tracking -> -1 ->> 'status'
   where p_status = any(moving_shipment_statuses())
         and p_tracking -> -1 ->> 'status' in ('return_to_sender', 'failure', 'error')
      or p_status = 'cancelled'
         and p_tracking @? '$[*].status ? (@ == "in_transit" || @ == "out_for_delivery" || @ == "available_for_pickup" ||
                                           @ == "delivered" || @ == "return_to_sender")';
$$;

-- Whether the carrier was asked in vain for so long that it is not asked any more: see `tracking_pause`.
create or replace function is_silent(p_status text, p_checks integer, p_next_check_at timestamptz) returns boolean language sql immutable as $$
  select p_status = any(tracked_shipment_statuses()) and p_next_check_at is null and tracking_pause(p_checks) is null;
$$;

-- The step in which an operator looks into a problem of a parcel. Its name says which problem it is and when it began, so that a problem
-- that an operator has skipped does not hide a later one. What happens to a parcel that is cancelled and was sent is one problem.
create or replace function problem_step(p_number integer, p_status text, p_tracking jsonb, p_problem text) returns text language sql stable as $$
  select concat_ws(' ', 'trackShipment', p_number, case
    when p_status = 'cancelled' and p_problem <> 'return_to_sender' then 'cancelled'
    when p_problem = 'silent' then concat_ws(' ', p_problem, p_tracking -> -1 ->> 'at')
    else concat_ws(' ', p_problem, (
      select min(d ->> 'at') from jsonb_array_elements(p_tracking) with ordinality x (d, n)
       where n > coalesce((select max(m) from jsonb_array_elements(p_tracking) with ordinality y (e, m)
                            where e ->> 'status' is distinct from p_problem), 0)))
  end);
$$;

-- In a shop that captures later, the goods that were handed over are captured: their part of each line's amount, less what was captured
-- before. Once nothing is left to be sent, the capture is final, and releases what is left of the authorisation. If there is nothing to
-- capture then, because the last pieces were cancelled, the rest stays authorised until it expires. Null: there is nothing to capture now.
create or replace function next_capture(p_order_id text) returns jsonb language sql stable as $$
  with due as (
    select o.order_id, sent.number,
           (select bool_and(l.cancelled + l.shipped = l.quantity) from order_lines l where l.order_id = o.order_id) as final,
           -- The last piece of a line takes what is left of its amount: the parts of a line sum to the whole.
           (select sum(case when l.cancelled + l.shipped = l.quantity then l.amount - l.uncaptured_amount
                            else line_share(l.amount, l.quantity, 0, l.shipped) end)
              from order_lines l where l.order_id = o.order_id)
             - (select coalesce(sum(amount), 0) from captures c where c.order_id = o.order_id) as wanted,
           p.capturable - (select coalesce(sum(amount), 0) from captures c
                            where c.order_id = o.order_id and c.status = 'pending') as left
      from orders o
      join lateral (select max(number) as number from shipments s
                     where s.order_id = o.order_id and s.handed_over_at is not null) sent on sent.number is not null
      join lateral (select capturable from payments where order_id = o.order_id and capturable > 0 and not late
                     order by attempt limit 1) p on true
     where o.order_id = p_order_id and not o.cancelling and o.status = any(paid_order_statuses())
       and not exists (select 1 from captures c where c.order_id = o.order_id and c.final)
  )
  select jsonb_build_object('captureId', id, 'amount', least(wanted, "left"), 'final', final)
    from due, unnest(array[order_id || '/capture/shipment-' || number, case when final then order_id || '/capture/rest' end])
                with ordinality x (id, n)
   where wanted > 0 and "left" > 0 and id is not null and not exists (select 1 from captures c where c.capture_id = id)
   order by n limit 1;
$$;

-- Pieces that are missing at their location are taken from other locations that have them. p_orders: [{orderId}]. Returns the orders.
create or replace function reallocate_shorts(p_orders jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
begin
  perform lock_orders(order_ids(p_orders));
  perform allocate_shorts(order_ids(p_orders));
  return order_results(order_ids(p_orders));
end $$;

-- Keeps the carrier's id of a shipment before its label is bought. p_shipments: [{orderId, shipmentId, carrierShipmentId, to?}]. Returns
-- for each {orderId, shipmentId, carrierShipmentId?}: the id to buy, which another attempt may have kept before; absent if no label is
-- wanted any more, or if the address of the order is not `to` any more: from now on it cannot be changed.
create or replace function keep_carrier_shipments(p_shipments jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
begin
  perform lock_orders(order_ids(p_shipments));
  update shipments s set carrier_shipment_id = k ->> 'carrierShipmentId', updated_at = clock_timestamp()
    from jsonb_array_elements(p_shipments) k, orders o
   where s.shipment_id = k ->> 'shipmentId' and s.carrier_shipment_id is null and s.status = 'allocated'
     and o.order_id = s.order_id and (k -> 'to' is null or k -> 'to' = jsonb_strip_nulls(o.shipping));
  return (
    select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('orderId', s.order_id, 'shipmentId', s.shipment_id,
             'carrierShipmentId', case when s.status = 'allocated' then s.carrier_shipment_id end)) order by x.n), '[]')
      from jsonb_array_elements(p_shipments) with ordinality x (k, n)
      join shipments s on s.shipment_id = x.k ->> 'shipmentId');
end $$;

-- The carrier has refused to sell the label of this carrier shipment, so that another one may be made, for example with a corrected
-- address. p_shipments: [{orderId, shipmentId, carrierShipmentId}]. Returns the orders.
create or replace function forget_carrier_shipments(p_shipments jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
begin
  perform lock_orders(order_ids(p_shipments));
  update shipments s
     set carrier_shipment_id = null, label_refund = null, updated_at = clock_timestamp()
    from jsonb_array_elements(p_shipments) k
   where s.shipment_id = k ->> 'shipmentId' and s.carrier_shipment_id = k ->> 'carrierShipmentId' and s.label_url is null;
  return order_results(order_ids(p_shipments));
end $$;

-- p_labels: [{orderId, shipmentId, carrierShipmentId, label: {carrier, service, trackingCode, trackingUrl?, trackerId, labelUrl, cost,
-- currency}}]. The label of a shipment that was cancelled meanwhile is refunded. The tracker is retrieved a minute later: its first events
-- may have arrived before its id was known here, where the answer to the purchase was lost. Returns the orders.
create or replace function record_labels(p_labels jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
begin
  perform lock_orders(order_ids(p_labels));
  update shipments s
     set carrier = label ->> 'carrier', service = label ->> 'service', tracking_code = label ->> 'trackingCode',
         tracking_url = label ->> 'trackingUrl', label_url = label ->> 'labelUrl', tracker_id = label ->> 'trackerId',
         label_cost = (label ->> 'cost')::bigint, label_currency = label ->> 'currency',
         status = case when s.status in ('pending', 'allocated') then 'label_bought' else s.status end,
         held_status = case when s.status = 'on_hold' then 'label_bought' end,
         label_refund = case when s.status = 'cancelled' then 'wanted' end,
         checks = 0, next_check_at = case when s.status <> 'cancelled' then clock_timestamp() + interval '1 minute' end,
         updated_at = clock_timestamp()
    from jsonb_array_elements(p_labels) bought, lateral (select bought -> 'label' as label) x
   where s.shipment_id = bought ->> 'shipmentId' and s.carrier_shipment_id = bought ->> 'carrierShipmentId'
     and s.label_url is null;
  return order_results(order_ids(p_labels));
end $$;

-- p_refunds: [{orderId, shipmentId, refund: 'submitted' | 'refunded' | 'rejected' | 'not_applicable'}]. A refund that is submitted or
-- rejected is asked for again each day, for a month at most: the carrier decides late, and rejects what it accepts later. Returns the orders.
create or replace function record_label_refunds(p_refunds jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
begin
  perform lock_orders(order_ids(p_refunds));
  update shipments s
     set label_refund = r ->> 'refund', checks = checks + 1, updated_at = clock_timestamp(),
         next_check_at = case when r ->> 'refund' in ('submitted', 'rejected') and checks < 30
                              then clock_timestamp() + interval '1 day' end
    from jsonb_array_elements(p_refunds) r
   where s.shipment_id = r ->> 'shipmentId' and s.label_refund is not null;
  return order_results(order_ids(p_refunds));
end $$;

-- An event of the carrier says that these trackers have changed: they are asked for now. The label of a cancelled shipment may have been
-- used all the same. p_trackers: [{trackerId}]. Returns the orders that they belong to: [{orderId}].
create or replace function request_tracking(p_trackers jsonb) returns jsonb language sql as $$
  with asked as (
    update shipments set tracker_changed_at = clock_timestamp()
     where tracker_id in (select t ->> 'trackerId' from jsonb_array_elements(p_trackers) t)
       and (status = any(tracked_shipment_statuses()) or status = 'cancelled')
    returning order_id
  )
  select coalesce(jsonb_agg(jsonb_build_object('orderId', order_id)), '[]') from (select distinct order_id from asked) x;
$$;

-- Records what the carrier says about parcels. p_trackers: [{orderId, shipmentId, changedAt?, tracker?: {trackerId, status, trackingUrl?,
-- details: [{at, status, message?, city?, country?}]}}]; without a tracker, the carrier could not be asked. `changedAt` is the
-- `tracker_changed_at` that was known before the carrier was asked: if it is another one now, the carrier is asked again. A shipment never
-- goes back; the newest 50 details are kept. A parcel that moves was handed over, unless it was cancelled. Returns the orders.
create or replace function record_tracking(p_trackers jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_report   jsonb;
  v_tracker  jsonb;
  v_details  jsonb;
  v_is_older boolean;
  v_before   shipments;
  v_shipment shipments;
  v_target   text;
begin
  perform lock_orders(order_ids(p_trackers));
  perform act_as('{"type": "carrier"}');
  for v_report in select t from jsonb_array_elements(p_trackers) t loop
    select * into v_before from shipments
     where shipment_id = v_report ->> 'shipmentId' and order_id = v_report ->> 'orderId';
    continue when not found;
    perform ensure_order_lines(array[v_before.order_id]);
    v_tracker := v_report -> 'tracker';
    select coalesce(jsonb_agg(d order by n), '[]') into v_details
      from (select d, n from jsonb_array_elements(v_tracker -> 'details') with ordinality x (d, n)
             -- A tracking code that was used before has the same tracker: what it says of the earlier parcel is not about this one.
             where v_before.mode = 'carrier' or (d ->> 'at')::timestamptz > v_before.handed_over_at - interval '2 days'
             order by n desc limit 50) newest;
    v_is_older := v_details = '[]' and v_tracker -> 'details' <> '[]';
    if v_details = '[]' or v_details -> -1 ->> 'at' < v_before.tracking -> -1 ->> 'at' then
      v_details := v_before.tracking;
    end if;
    update shipments
       set tracker_id = coalesce(tracker_id, v_tracker ->> 'trackerId'),
           tracking_url = coalesce(v_tracker ->> 'trackingUrl', tracking_url), tracking = v_details,
           tracker_changed_at = nullif(tracker_changed_at, (v_report ->> 'changedAt')::timestamptz)
     where shipment_id = v_before.shipment_id;
    v_target := case case when not v_is_older then v_tracker ->> 'status' end
      when 'in_transit' then 'in_transit'
      when 'out_for_delivery' then 'out_for_delivery'
      when 'available_for_pickup' then 'out_for_delivery'
      when 'delivered' then 'delivered'
      when 'return_to_sender' then 'returning'
    end;
    if v_target is not null and v_before.status = any(open_shipment_statuses()) then
      perform hand_over_shipment(v_before.shipment_id, (
        select min((d ->> 'at')::timestamptz) from jsonb_array_elements(v_details) d
         where d ->> 'status' in ('in_transit', 'out_for_delivery', 'delivered')));
    end if;
    select * into v_shipment from shipments where shipment_id = v_before.shipment_id;
    if v_target = 'delivered' and shipment_rank(v_shipment.status) < shipment_rank('delivered') then
      perform deliver_shipment(v_shipment.shipment_id, coalesce((
        select max((d ->> 'at')::timestamptz) from jsonb_array_elements(v_details) d where d ->> 'status' = 'delivered'),
        clock_timestamp()));
    elsif shipment_rank(v_target) > shipment_rank(v_shipment.status) then
      update shipments set status = v_target, updated_at = clock_timestamp() where shipment_id = v_shipment.shipment_id;
      if v_target = 'out_for_delivery' then
        perform append_order_event(array[v_shipment.order_id], v_target, shipment_event_data(v_shipment.shipment_id));
      end if;
    elsif v_target = 'returning' and v_shipment.status in ('handed_over', 'in_transit', 'out_for_delivery') then
      update shipments set status = v_target, updated_at = clock_timestamp() where shipment_id = v_shipment.shipment_id;
      perform append_order_event(array[v_shipment.order_id], 'shipment_returning', shipment_event_data(v_shipment.shipment_id));
    end if;
    update shipments
       set checks = case when v_details <> v_before.tracking or status <> v_before.status then 0 else v_before.checks + 1 end,
           next_check_at = case when status = any(tracked_shipment_statuses())
                                then clock_timestamp() + tracking_pause(
                                  case when v_details <> v_before.tracking or status <> v_before.status then 0 else v_before.checks end) end
     where shipment_id = v_before.shipment_id and (label_refund is null or status <> 'cancelled');
  end loop;
  return order_results(order_ids(p_trackers));
end $$;
