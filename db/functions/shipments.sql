-- Shipments: the parcels of a paid order. Who calls a function that takes the id of a shipment holds the lock of its order, and has called
-- `ensure_order_lines`. Stock leaves with the hand-over; until then the pieces of a shipment are those of the order's committed
-- reservations at the shipment's location.

-- Not handed over: the shipment can be held and cancelled.
create or replace function open_shipment_statuses() returns text[] language sql immutable as $$
  select array['pending', 'allocated', 'label_bought', 'on_hold'];
$$;

-- Handed over, and neither delivered nor lost.
create or replace function moving_shipment_statuses() returns text[] language sql immutable as $$
  select array['handed_over', 'in_transit', 'out_for_delivery', 'returning'];
$$;

-- The carrier is asked for the parcel from time to time, if it has a tracking code. A parcel on hold may have been sent all the same.
create or replace function tracked_shipment_statuses() returns text[] language sql immutable as $$
  select array['label_bought', 'on_hold'] || moving_shipment_statuses();
$$;

-- A shipment only ever changes to a status of a higher rank. Null: a status beside this sequence.
create or replace function shipment_rank(p_status text) returns integer language sql immutable as $$
  select array_position(array['pending', 'allocated', 'label_bought', 'handed_over', 'in_transit', 'out_for_delivery', 'delivered'],
                        p_status);
$$;

-- Whether pieces of the order have left: then the order as a whole cannot be cancelled any more.
create or replace function was_handed_over(p_order_id text) returns boolean language sql stable as $$
  select exists (select 1 from shipments where order_id = p_order_id and handed_over_at is not null);
$$;

-- The pause before the carrier is asked for a tracker again, by the number of answers in sequence that were not new: an hour at first,
-- a day later, a week after a month. Null after three months: then the parcel is silent, and asked for only when the carrier says that
-- something has changed.
create or replace function tracking_pause(p_checks integer) returns interval language sql immutable as $$
  select case when p_checks > 42 then null
              when p_checks > 34 then interval '7 days'
              else least(interval '1 hour' * 2 ^ least(p_checks, 10), interval '1 day') end;
$$;

-- The data of an event about a shipment.
create or replace function shipment_event_data(p_shipment_id text) returns jsonb language sql stable as $$
  select jsonb_build_object('shipment', jsonb_strip_nulls(jsonb_build_object('shipmentId', s.shipment_id, 'number', s.number,
           'status', s.status, 'location', s.location_id, 'carrier', s.carrier, 'service', s.service,
           'trackingCode', s.tracking_code, 'trackingUrl', s.tracking_url, 'replaces', s.replaces,
           'lines', (select jsonb_agg(jsonb_build_object('line', l.line, 'sku', l.sku, 'quantity', l.quantity) order by l.line)
                       from shipment_lines l where l.shipment_id = s.shipment_id))))
    from shipments s where s.shipment_id = p_shipment_id;
$$;

-- The result of a request that is refused. p_detail: a sentence for the caller.
create or replace function shipment_refusal(p_order_id text, p_code text, p_detail text) returns jsonb language sql immutable as $$
  select jsonb_build_object('orderId', p_order_id, 'outcome', 'refused', 'code', p_code, 'detail', p_detail);
$$;

-- The lines of a shipment as {"<line>": <quantity>}, to compare shipments by their content.
create or replace function shipment_content(p_shipment_id text) returns jsonb language sql stable as $$
  select coalesce(jsonb_object_agg(line, quantity), '{}') from shipment_lines where shipment_id = p_shipment_id;
$$;

-- Inserts a shipment without lines, and returns its id.
create or replace function add_shipment(p_order_id text, p_location_id text, p_status text, p_mode text, p_replaces text default null)
  returns text language sql as $$
  insert into shipments (shipment_id, order_id, number, location_id, status, mode, replaces)
  select 'shp_' || regexp_replace(p_order_id, '^ord_', '') || '_' || n, p_order_id, n, p_location_id, p_status, p_mode, p_replaces
    from (select coalesce(max(number), 0) + 1 as n from shipments where order_id = p_order_id) next
  returning shipment_id;
$$;

-- Cancels a shipment that is not handed over. Its label may be bought, or be about to be: then its refund is wanted.
create or replace function cancel_shipment(p_shipment_id text) returns void language plpgsql as $$
declare
  v_order_id text;
begin
  update shipments
     set status = 'cancelled', held_status = null, next_check_at = null, checks = 0, updated_at = clock_timestamp(),
         label_refund = case when carrier_shipment_id is not null then coalesce(label_refund, 'wanted') end
   where shipment_id = p_shipment_id and status = any(open_shipment_statuses())
  returning order_id into v_order_id;
  if found then
    perform append_order_event(array[v_order_id], 'shipment_cancelled', shipment_event_data(p_shipment_id));
  end if;
end $$;

-- For the cancellation of whole orders: cancels what is not handed over, and plans nothing instead. The caller holds the locks.
create or replace function cancel_open_shipments(p_order_ids text[]) returns void language sql as $$
  select cancel_shipment(shipment_id) from shipments
   where order_id = any(p_order_ids) and status = any(open_shipment_statuses()) order by order_id, number;
$$;

-- Makes the open shipments of orders equal to what is reserved for them and not handed over: a shipment that has more is cancelled, those
-- without a label and the newest first, and what no shipment has becomes a new shipment, one for each location. Lines of the order are
-- filled in their sequence. p_mode null: 'carrier' if the order has had such a shipment, otherwise the workflow plans. In the mode
-- 'warehouse' the warehouse reports shipments, and none are planned. Safe to run again. The caller holds the locks of the orders.
create or replace function replan_shipments(p_order_ids text[], p_mode text default null) returns void language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_order_id  text;
  v_order     orders;
  v_wanted    boolean;
  v_mode      text;
  v_excess    text;
  v_free      record;
  v_line      record;
  v_location  text;
  v_shipment  text;
  v_take      bigint;
begin
  perform ensure_order_lines(p_order_ids);
  foreach v_order_id in array p_order_ids loop
    select * into v_order from orders where order_id = v_order_id;
    v_wanted := v_order.status = any(paid_order_statuses()) and not v_order.cancelling;
    loop
      select s.shipment_id into v_excess
        from shipments s join shipment_lines l using (shipment_id)
       where s.order_id = v_order_id and s.status = any(open_shipment_statuses())
         and (not v_wanted
              or (select sum(l2.quantity) from shipments s2 join shipment_lines l2 using (shipment_id)
                   where s2.order_id = v_order_id and s2.status = any(open_shipment_statuses())
                     and s2.location_id = s.location_id and l2.sku = l.sku)
                 > coalesce((select r.quantity - r.shipped from reservations r
                              where r.order_id = v_order_id and r.sku = l.sku and r.location_id = s.location_id
                                and r.state = 'committed'), 0)
              or (select sum(l2.quantity) from shipments s2 join shipment_lines l2 using (shipment_id)
                   where s2.order_id = v_order_id and s2.status = any(open_shipment_statuses()) and l2.line = l.line)
                 > (select o.quantity - o.cancelled - o.shipped from order_lines o
                     where o.order_id = v_order_id and o.line = l.line))
       order by s.carrier_shipment_id is not null, s.number desc limit 1;
      exit when not found;
      perform cancel_shipment(v_excess);
    end loop;

    v_mode := coalesce(p_mode, (select min(mode) from shipments where order_id = v_order_id));
    continue when not v_wanted or v_order.shipping is null or v_mode is distinct from 'carrier';
    v_location := null;
    for v_free in
      select r.location_id, r.sku, r.quantity - r.shipped - coalesce((
               select sum(l.quantity) from shipments s join shipment_lines l using (shipment_id)
                where s.order_id = v_order_id and s.status = any(open_shipment_statuses())
                  and s.location_id = r.location_id and l.sku = r.sku), 0) as quantity
        from reservations r
       where r.order_id = v_order_id and r.state = 'committed'
       order by r.location_id, r.sku
    loop
      for v_line in
        select o.line, o.quantity - o.cancelled - o.shipped - coalesce((
                 select sum(l.quantity) from shipments s join shipment_lines l using (shipment_id)
                  where s.order_id = v_order_id and s.status = any(open_shipment_statuses()) and l.line = o.line), 0) as quantity
          from order_lines o
         where o.order_id = v_order_id and o.sku = v_free.sku order by o.line
      loop
        v_take := least(v_line.quantity, v_free.quantity);
        continue when v_take <= 0;
        if v_location is distinct from v_free.location_id then
          v_location := v_free.location_id;
          v_shipment := add_shipment(v_order_id, v_location, 'pending', v_mode);
        end if;
        insert into shipment_lines (shipment_id, line, sku, quantity) values (v_shipment, v_line.line, v_free.sku, v_take);
        v_free.quantity := v_free.quantity - v_take;
      end loop;
    end loop;
  end loop;

  -- A shipment is allocated when all its pieces are there. A carrier shipment that may have a label is not taken back.
  update shipments s set status = x.status, updated_at = clock_timestamp()
    from (select s2.shipment_id, case when exists (
                   select 1 from shipment_lines l
                     join reservations r on r.order_id = s2.order_id and r.sku = l.sku and r.location_id = s2.location_id
                    where l.shipment_id = s2.shipment_id and r.short > 0) then 'pending' else 'allocated' end as status
            from shipments s2
           where s2.order_id = any(p_order_ids) and s2.status in ('pending', 'allocated')
             and s2.carrier_shipment_id is null) x
   where s.shipment_id = x.shipment_id and s.status <> x.status;
end $$;

-- The order's status after shipments or cancellations of lines: 'shipped' when every piece that is not cancelled was handed over, and
-- 'delivered' when every piece that is neither cancelled nor lost was delivered. The caller holds the lock of the order, and appends an
-- event. Returns whether the status has changed.
create or replace function roll_up_order(p_order_id text) returns boolean language plpgsql as $$
declare
  v_shipped   boolean;
  v_delivered boolean;
  v_changed   boolean := false;
begin
  select sum(o.shipped) > 0 and bool_and(o.cancelled + o.shipped = o.quantity),
         sum(o.delivered) > 0 and bool_and(o.cancelled + o.delivered + coalesce(lost.quantity, 0) >= o.quantity)
    into v_shipped, v_delivered
    from order_lines o
    left join lateral (
           select sum(l.quantity) as quantity from shipments s join shipment_lines l using (shipment_id)
            where s.order_id = o.order_id and l.line = o.line and s.status = 'lost'
              and not exists (select 1 from shipments again where again.replaces = s.shipment_id)) lost on true
   where o.order_id = p_order_id;
  if v_shipped then
    update orders set status = 'shipped' where order_id = p_order_id and status = 'paid';
    v_changed := found;
    if v_delivered then
      update orders set status = 'delivered' where order_id = p_order_id and status = 'shipped';
      v_changed := v_changed or found;
    end if;
  end if;
  return v_changed;
end $$;

-- The parcel has left: its pieces leave the stock. p_at null: now. The clocks of others differ: for the stock, the pieces left after the
-- payment, and not in the future.
create or replace function hand_over_shipment(p_shipment_id text, p_at timestamptz) returns void language plpgsql as $$
declare
  v_shipment shipments;
  v_left_at  timestamptz;
begin
  select * into v_shipment from shipments where shipment_id = p_shipment_id;
  if p_at is not null then
    select least(greatest(p_at, outcome_at), clock_timestamp()) into v_left_at from orders where order_id = v_shipment.order_id;
  end if;
  perform ship_reserved(jsonb_agg(jsonb_build_object('orderId', v_shipment.order_id, 'sku', l.sku,
            'location', v_shipment.location_id, 'quantity', l.quantity, 'reference', p_shipment_id, 'at', v_left_at)))
     from (select sku, sum(quantity) as quantity from shipment_lines where shipment_id = p_shipment_id group by sku) l;
  update order_lines o set shipped = o.shipped + l.quantity
    from shipment_lines l
   where l.shipment_id = p_shipment_id and o.order_id = v_shipment.order_id and o.line = l.line;
  update shipments
     set status = 'handed_over', held_status = null, handed_over_at = coalesce(p_at, clock_timestamp()), checks = 0, updated_at = clock_timestamp(),
         next_check_at = case when tracking_code is not null then clock_timestamp() end
   where shipment_id = p_shipment_id;
  perform roll_up_order(v_shipment.order_id);
  perform append_order_event(array[v_shipment.order_id], 'shipped', shipment_event_data(p_shipment_id));
end $$;

create or replace function deliver_shipment(p_shipment_id text, p_at timestamptz) returns void language plpgsql as $$
declare
  v_order_id text;
begin
  update shipments
     set status = 'delivered', delivered_at = p_at, next_check_at = null, updated_at = clock_timestamp()
   where shipment_id = p_shipment_id returning order_id into v_order_id;
  update order_lines o set delivered = o.delivered + l.quantity
    from shipment_lines l where l.shipment_id = p_shipment_id and o.order_id = v_order_id and o.line = l.line;
  perform roll_up_order(v_order_id);
  perform append_order_event(array[v_order_id], 'delivered', shipment_event_data(p_shipment_id));
end $$;

-- The sequence number of the newest event of an order that the workflow which ships it acts on, as the relay tells it of
-- (src/fulfilment/fulfilment-destination.ts has the same types). Events that come later, such as a refund of a part, do not change it: a
-- repeated request adds nothing to the workflow's history.
create or replace function newest_fulfilment_event(p_order_id text) returns bigint language sql stable as $$
  select max(sequence) from order_events
   where order_id = p_order_id
     and type = any (array[order_event_type('paid'), order_event_type('shipment_held'), order_event_type('shipment_released'),
                           order_event_type('shipment_cancelled'), order_event_type('shipment_lost'), order_event_type('shipped'),
                           order_event_type('delivered'), order_event_type('address_changed'), order_event_type('line_cancelled'),
                           order_event_type('return_declined'), order_event_type('return_cancelled'), order_event_type('return_closed'),
                           order_event_type('refunded'), order_event_type('cancelled')]);
$$;

-- What the warehouse has handed over. p_reports: [{orderId, key, requestHash, location?, lines: [{line, quantity}], carrier,
-- trackingCode, handedOverAt?, actor?}]. Returns for each {orderId, outcome: 'done', shipmentId, requestHash, sequence} or {orderId, outcome:
-- 'refused', code, detail}; `sequence` is that of the newest event that its fulfilment acts on. A report under a key that was used before returns that shipment.
--
-- An open shipment with the same lines is the one that was handed over, unless it has a label with another code. Otherwise a new
-- shipment is recorded, and what was planned for these pieces is cancelled.
create or replace function report_shipments(p_reports jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_results  jsonb := '[]';
  v_report   jsonb;
  v_order    orders;
  v_shipment text;
  v_content  jsonb;
  v_location text;
  v_refused  jsonb;
begin
  perform lock_orders(order_ids(p_reports));
  for v_report in select r from jsonb_array_elements(p_reports) r loop
    perform act_as(v_report -> 'actor');
    select * into v_order from orders where order_id = v_report ->> 'orderId';
    select shipment_id into v_shipment from shipments
     where order_id = v_order.order_id and report_key = v_report ->> 'key';
    if not found then
      perform ensure_order_lines(array[v_order.order_id]);
      select jsonb_object_agg(line, quantity) into v_content
        from (select l ->> 'line' as line, sum((l ->> 'quantity')::bigint) as quantity
                from jsonb_array_elements(v_report -> 'lines') l group by 1) x;
      v_location := v_report ->> 'location';
      v_refused := refuse_report(v_order, v_content, v_location);
      if v_refused is null then
        select s.shipment_id, s.location_id into v_shipment, v_location from shipments s
         where s.order_id = v_order.order_id and s.status = any(open_shipment_statuses())
           and (v_location is null or s.location_id = v_location) and shipment_content(s.shipment_id) = v_content
           -- Its pieces may have been allocated to another location since it was planned.
           and has_reserved(v_order.order_id, v_content, s.location_id)
           and (s.tracking_code = v_report ->> 'trackingCode' or s.carrier_shipment_id is null)
         order by s.tracking_code is null, s.number limit 1;
        if not found then
          v_location := coalesce(v_report ->> 'location', location_of_pieces(v_order.order_id, v_content));
          if v_location is null or not has_reserved(v_order.order_id, v_content, v_location) then
            v_refused := shipment_refusal(v_order.order_id, 'not_shippable', format(
              'The pieces are not reserved at %s. Report what each location has handed over as a shipment of its own.',
              coalesce('location ' || v_location, 'one location')));
          else
            v_shipment := add_shipment(v_order.order_id, v_location, 'allocated', 'warehouse');
            insert into shipment_lines (shipment_id, line, sku, quantity)
            select v_shipment, o.line, o.sku, x.quantity::bigint
              from jsonb_each_text(v_content) x (line, quantity)
              join order_lines o on o.order_id = v_order.order_id and o.line = x.line::integer;
          end if;
        end if;
      end if;
      if v_refused is not null then
        v_results := v_results || jsonb_build_array(v_refused || jsonb_build_object('orderId', v_report -> 'orderId'));
        continue;
      end if;
      update shipments
         set report_key = v_report ->> 'key', request_hash = v_report ->> 'requestHash',
             carrier = coalesce(v_report ->> 'carrier', carrier), tracking_code = v_report ->> 'trackingCode', actor = v_report -> 'actor'
       where shipment_id = v_shipment;
      perform hand_over_shipment(v_shipment, (v_report ->> 'handedOverAt')::timestamptz);
      perform replan_shipments(array[v_order.order_id]);
    end if;
    v_results := v_results || jsonb_build_array((
      select jsonb_build_object('orderId', order_id, 'outcome', 'done', 'shipmentId', shipment_id, 'requestHash', request_hash,
                                'sequence', newest_fulfilment_event(order_id))
        from shipments where shipment_id = v_shipment));
  end loop;
  return v_results;
end $$;

-- Why a report is refused, or null. p_content: {"<line>": <quantity>}.
create or replace function refuse_report(p_order orders, p_content jsonb, p_location text) returns jsonb language plpgsql stable as $$
declare
  v_wrong record;
begin
  if p_order.order_id is null then
    return shipment_refusal(null, 'order_not_found', 'There is no such order.');
  elsif p_order.shipping is null then
    return shipment_refusal(p_order.order_id, 'not_shippable', format(
      'Order %s has no address, so that its goods left the stock when it was paid.', p_order.order_id));
  elsif p_order.cancelling or p_order.status <> all (paid_order_statuses()) then
    return shipment_refusal(p_order.order_id, 'not_shippable', format('Order %s is %s.', p_order.order_id,
      case when p_order.cancelling then 'being cancelled' else replace(p_order.status, '_', ' ') end));
  elsif p_location is not null and not exists (select 1 from locations where location_id = p_location) then
    return shipment_refusal(p_order.order_id, 'location_not_found', format('There is no location %s.', p_location));
  end if;
  select x.line, coalesce(o.quantity - o.cancelled - o.shipped, 0) as left into v_wrong
    from jsonb_each_text(p_content) x (line, quantity)
    left join order_lines o on o.order_id = p_order.order_id and o.line = x.line::integer
   where x.quantity::bigint > coalesce(o.quantity - o.cancelled - o.shipped, 0)
   order by x.line::integer limit 1;
  if found then
    return shipment_refusal(p_order.order_id, 'quantity_exceeds_line', format(
      'Line %s of order %s has %s left to ship.', v_wrong.line, p_order.order_id,
      case v_wrong.left when 1 then '1 piece' else v_wrong.left || ' pieces' end));
  end if;
  return null;
end $$;

-- Whether the pieces {"<line>": <quantity>} are reserved at the location and not handed over.
create or replace function has_reserved(p_order_id text, p_content jsonb, p_location text) returns boolean language sql stable as $$
  select not exists (
    select 1
      from (select o.sku, sum(x.quantity::bigint) as quantity
              from jsonb_each_text(p_content) x (line, quantity)
              join order_lines o on o.order_id = p_order_id and o.line = x.line::integer group by 1) wanted
     where wanted.quantity > coalesce((
             select r.quantity - r.shipped from reservations r
              where r.order_id = p_order_id and r.sku = wanted.sku and r.location_id = p_location and r.state = 'committed'), 0));
$$;

-- The location at which all these pieces are reserved, by the sequence of locations; null: there is none.
create or replace function location_of_pieces(p_order_id text, p_content jsonb) returns text language sql stable as $$
  select l.location_id from locations l
   where l.location_id in (select location_id from reservations where order_id = p_order_id and state = 'committed')
     and has_reserved(p_order_id, p_content, l.location_id)
   order by l.priority, l.location_id limit 1;
$$;

-- What an operator does with shipments. p_changes: [{orderId, shipmentId, action: 'hold' | 'release' | 'cancel' | 'deliver' | 'reship' |
-- 'refund', actor?, reason?}]; 'reship' and 'refund' say that the parcel is lost, and what follows. Returns for each {orderId, outcome: 'done',
-- shipmentId} or {orderId, outcome: 'refused', code, detail}. A change that was made before is done.
create or replace function change_shipments(p_changes jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_results  jsonb := '[]';
  v_change   jsonb;
  v_shipment shipments;
  v_action   text;
  v_open     boolean;
  v_refused  jsonb;
begin
  perform lock_orders(order_ids(p_changes));
  for v_change in select c from jsonb_array_elements(p_changes) c loop
    perform act_as(v_change -> 'actor', v_change ->> 'reason');
    v_action := v_change ->> 'action';
    v_refused := null;
    select * into v_shipment from shipments
     where shipment_id = v_change ->> 'shipmentId' and order_id = v_change ->> 'orderId';
    if not found then
      v_results := v_results || jsonb_build_array(shipment_refusal(v_change ->> 'orderId', 'shipment_not_found',
        format('Order %s has no shipment %s.', v_change ->> 'orderId', v_change ->> 'shipmentId')));
      continue;
    end if;
    perform ensure_order_lines(array[v_shipment.order_id]);
    v_open := v_shipment.status = any(open_shipment_statuses());
    if v_action in ('hold', 'release', 'cancel') and not v_open
       and not (v_action = 'cancel' and v_shipment.status = 'cancelled') then
      v_refused := shipment_refusal(v_shipment.order_id, 'shipment_too_late', case
        when v_shipment.status = 'cancelled' then format('Shipment %s is cancelled.', v_shipment.shipment_id)
        else format('Shipment %s was handed over at %s. Create a return instead.', v_shipment.shipment_id,
                    iso_time(v_shipment.handed_over_at)) end);
    elsif v_action = 'hold' and v_shipment.status <> 'on_hold' then
      update shipments set status = 'on_hold', held_status = status, updated_at = clock_timestamp()
       where shipment_id = v_shipment.shipment_id;
      perform append_order_event(array[v_shipment.order_id], 'shipment_held', shipment_event_data(v_shipment.shipment_id));
    elsif v_action = 'release' and v_shipment.status = 'on_hold' then
      update shipments set status = held_status, held_status = null, updated_at = clock_timestamp()
       where shipment_id = v_shipment.shipment_id;
      perform replan_shipments(array[v_shipment.order_id]);
      perform append_order_event(array[v_shipment.order_id], 'shipment_released', shipment_event_data(v_shipment.shipment_id));
    elsif v_action = 'cancel' and v_open then
      perform cancel_shipment(v_shipment.shipment_id);
      perform replan_shipments(array[v_shipment.order_id]);
    elsif v_action in ('deliver', 'reship', 'refund') and (v_open or v_shipment.status = 'cancelled') then
      v_refused := shipment_refusal(v_shipment.order_id, 'shipment_not_shipped',
        format('Shipment %s is %s.', v_shipment.shipment_id, replace(v_shipment.status, '_', ' ')));
    elsif v_action = 'deliver' and v_shipment.status <> 'delivered' then
      if v_shipment.status = 'lost' then
        v_refused := shipment_refusal(v_shipment.order_id, 'shipment_too_late',
          format('Shipment %s is recorded as lost.', v_shipment.shipment_id));
      else
        perform deliver_shipment(v_shipment.shipment_id, clock_timestamp());
      end if;
    elsif v_action in ('reship', 'refund') then
      v_refused := lose_shipment(v_shipment, v_action);
    end if;
    if v_refused is null and v_shipment is distinct from (select s from shipments s where s.shipment_id = v_shipment.shipment_id) then
      update shipments set actor = v_change -> 'actor', reason = v_change ->> 'reason' where shipment_id = v_shipment.shipment_id;
    end if;
    v_results := v_results || jsonb_build_array(coalesce(v_refused, jsonb_build_object('orderId', v_shipment.order_id,
      'outcome', 'done', 'shipmentId', v_shipment.shipment_id, 'sequence', newest_fulfilment_event(v_shipment.order_id))));
  end loop;
  return v_results;
end $$;

-- A parcel is lost. 'reship': its pieces are taken from the stock again, and sent as another shipment; 'refund': the fulfilment workflow
-- refunds them. Returns a refusal, or null.
create or replace function lose_shipment(p_shipment shipments, p_action text) returns jsonb language plpgsql as $$
declare
  v_location text;
  v_again    text;
begin
  if p_shipment.status = 'lost' then
    if (p_action = 'reship') = exists (select 1 from shipments where replaces = p_shipment.shipment_id) then
      return null;
    end if;
    return shipment_refusal(p_shipment.order_id, 'shipment_too_late',
      format('Shipment %s is recorded as lost, and was not settled by a %s.', p_shipment.shipment_id, p_action));
  elsif p_shipment.status = 'delivered' then
    return shipment_refusal(p_shipment.order_id, 'shipment_too_late',
      format('Shipment %s was delivered at %s. Refund it, or create a return.', p_shipment.shipment_id,
             iso_time(p_shipment.delivered_at)));
  end if;
  if p_action = 'reship' then
    if not exists (select 1 from orders where order_id = p_shipment.order_id and not cancelling
                                         and status = any(paid_order_statuses())) then
      return shipment_refusal(p_shipment.order_id, 'not_shippable',
        format('Order %s is not paid any more.', p_shipment.order_id));
    end if;
    perform lock_levels(array_agg(sku), array_agg(location_id)) from stock_levels
      where sku in (select sku from shipment_lines where shipment_id = p_shipment.shipment_id);
    select l.location_id into v_location from locations l
     where l.active and not exists (
             select 1 from (select sku, sum(quantity) as quantity from shipment_lines
                             where shipment_id = p_shipment.shipment_id group by sku) wanted
              where wanted.quantity > coalesce((select available from stock_levels s
                                                 where s.sku = wanted.sku and s.location_id = l.location_id), 0))
     order by l.location_id <> p_shipment.location_id, l.priority, l.location_id limit 1;
    if not found then
      return shipment_refusal(p_shipment.order_id, 'not_shippable',
        'No location has the pieces to send them again. Refund them, or send them when there is stock.');
    end if;
    perform move_stock(jsonb_agg(jsonb_build_object('sku', sku, 'location', v_location, 'kind', 'committed',
              'available', -quantity, 'committed', quantity, 'sold', quantity, 'orderId', p_shipment.order_id,
              'reference', p_shipment.shipment_id)))
       from (select sku, sum(quantity) as quantity from shipment_lines where shipment_id = p_shipment.shipment_id group by sku) x;
    insert into reservations as r (order_id, sku, location_id, quantity, state)
    select p_shipment.order_id, sku, v_location, sum(quantity), 'committed' from shipment_lines
     where shipment_id = p_shipment.shipment_id group by sku order by sku
    on conflict (order_id, sku, location_id) do update
      set quantity = excluded.quantity + case r.state when 'released' then 0 else r.quantity end, state = 'committed';
    update order_lines o set shipped = o.shipped - l.quantity
      from shipment_lines l
     where l.shipment_id = p_shipment.shipment_id and o.order_id = p_shipment.order_id and o.line = l.line;
    v_again := add_shipment(p_shipment.order_id, v_location, 'allocated', p_shipment.mode, p_shipment.shipment_id);
    insert into shipment_lines (shipment_id, line, sku, quantity)
    select v_again, line, sku, quantity from shipment_lines where shipment_id = p_shipment.shipment_id;
  end if;
  update shipments set status = 'lost', next_check_at = null, updated_at = clock_timestamp()
   where shipment_id = p_shipment.shipment_id;
  perform roll_up_order(p_shipment.order_id);
  perform append_order_event(array[p_shipment.order_id], 'shipment_lost', shipment_event_data(p_shipment.shipment_id));
  return null;
end $$;

-- Another address for what is not sent yet. p_changes: [{orderId, shipping, actor?}]. Returns for each {orderId, outcome: 'done', sequence} or {orderId,
-- outcome: 'refused', code, detail}. Refused once a label is bought or may be: its carrier shipment has the old address.
create or replace function change_addresses(p_changes jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_results jsonb := '[]';
  v_change  jsonb;
  v_order   orders;
  v_late    shipments;
  v_refused jsonb;
begin
  perform lock_orders(order_ids(p_changes));
  for v_change in select c from jsonb_array_elements(p_changes) c loop
    perform act_as(v_change -> 'actor');
    select * into v_order from orders where order_id = v_change ->> 'orderId';
    select * into v_late from shipments
     where order_id = v_order.order_id and status <> 'cancelled'
       and (carrier_shipment_id is not null or handed_over_at is not null) order by number limit 1;
    v_refused := case
      when v_order.shipping = v_change -> 'shipping' then null
      when v_late.shipment_id is not null then shipment_refusal(v_order.order_id, 'address_too_late', case
        when v_late.handed_over_at is null
          then format('The label of shipment %s is bought, or is being bought. Cancel the shipment first.', v_late.shipment_id)
        else format('Shipment %s was handed over at %s.', v_late.shipment_id, iso_time(v_late.handed_over_at)) end)
      when v_order.shipping is null or v_order.cancelling or v_order.status <> 'paid'
        then shipment_refusal(v_change ->> 'orderId', 'not_shippable', format('Order %s %s.', v_change ->> 'orderId', case
          when v_order.order_id is null then 'is not paid yet'
          when v_order.shipping is null then 'is not shipped: it was placed without an address'
          when v_order.cancelling then 'is being cancelled'
          else 'is ' || replace(v_order.status, '_', ' ') end))
    end;
    if v_refused is null and v_order.shipping is distinct from v_change -> 'shipping' then
      update orders set shipping = v_change -> 'shipping' where order_id = v_order.order_id;
      perform append_order_event(array[v_order.order_id], 'address_changed');
    end if;
    v_results := v_results || jsonb_build_array(coalesce(v_refused,
      jsonb_build_object('orderId', v_change -> 'orderId', 'outcome', 'done', 'sequence', newest_fulfilment_event(v_order.order_id))));
  end loop;
  return v_results;
end $$;
