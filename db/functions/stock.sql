-- The counts of stock at each location, and their movements.
--
-- Whoever changes counts locks orders first, then the levels, in the order of (sku, location_id). Reservations are changed under the
-- locks of their levels only; which locations an order is allocated to changes under the lock of the order, too.
-- A reservation backs `quantity - short - shipped` pieces of its level: `held` and `committed` are the sums of the backed pieces.

-- Locks the levels (p_skus[n], p_locations[n]), so that two transactions cannot deadlock.
create or replace function lock_levels(p_skus text[], p_locations text[]) returns void language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
begin
  perform 1 from stock_levels
    where (sku, location_id) in (select * from unnest(p_skus, p_locations))
    order by sku, location_id for update;
end $$;

-- Changes counts, and appends a movement for each element. Safe only where the caller knows that the change was not made before.
-- p_moves: [{sku, location, kind, available?, held?, committed?, unavailable?, sold?, orderId?, reference?, reason?, at?}]; the counts
-- are what is added, negative: taken. `at`: when the pieces moved, if that was not now. A level that does not exist is created.
--
-- Where 'received' and 'adjusted' moves take more than is available, the newest allocations become short; what is left after them is
-- taken from the unavailable pieces. Any other count that would become negative is an error. Pieces that become available go to
-- orders that are short first. Returns the ids of the orders of which more or less is short now.
create or replace function move_stock(p_moves jsonb) returns text[] language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_skus      text[];
  v_locations text[];
  v_asked     record;
  v_level     stock_levels;
  v_missing   bigint;
  v_held      bigint;
  v_committed bigint;
  v_some      text[];
  v_orders    text[] := '{}';
begin
  select array_agg(sku), array_agg(location_id) into v_skus, v_locations
    from (select distinct m ->> 'sku' as sku, m ->> 'location' as location_id from jsonb_array_elements(p_moves) m) asked;
  insert into stock_levels (sku, location_id) select * from unnest(v_skus, v_locations) order by 1, 2 on conflict do nothing;
  perform lock_levels(v_skus, v_locations);
  insert into stock_movements (sku, location_id, kind, available, held, committed, unavailable, order_id, reference, reason, at)
  select m ->> 'sku', m ->> 'location', m ->> 'kind', coalesce((m ->> 'available')::bigint, 0),
         coalesce((m ->> 'held')::bigint, 0), coalesce((m ->> 'committed')::bigint, 0),
         coalesce((m ->> 'unavailable')::bigint, 0), m ->> 'orderId', m ->> 'reference', m ->> 'reason',
         coalesce((m ->> 'at')::timestamptz, clock_timestamp())
    from jsonb_array_elements(p_moves) m
   where m @? '$.available ? (@ != 0)' or m @? '$.held ? (@ != 0)' or m @? '$.committed ? (@ != 0)'
      or m @? '$.unavailable ? (@ != 0)';
  for v_asked in
    select m ->> 'sku' as sku, m ->> 'location' as location_id, bool_and(m ->> 'kind' in ('received', 'adjusted')) as counted,
           coalesce(sum((m ->> 'available')::bigint), 0) as available, coalesce(sum((m ->> 'held')::bigint), 0) as held,
           coalesce(sum((m ->> 'committed')::bigint), 0) as committed,
           coalesce(sum((m ->> 'unavailable')::bigint), 0) as unavailable, coalesce(sum((m ->> 'sold')::bigint), 0) as sold
      from jsonb_array_elements(p_moves) m group by 1, 2
  loop
    select * into v_level from stock_levels where sku = v_asked.sku and location_id = v_asked.location_id;
    v_level.available := v_level.available + v_asked.available;
    v_level.held := v_level.held + v_asked.held;
    v_level.committed := v_level.committed + v_asked.committed;
    v_level.unavailable := v_level.unavailable + v_asked.unavailable;
    if v_level.available < 0 and v_asked.counted then
      v_missing := least(-v_level.available, v_level.held + v_level.committed);
      if v_missing > 0 then
        select gone.held, gone.committed, gone.orders into v_held, v_committed, v_some
          from make_short(v_asked.sku, v_asked.location_id, v_missing) gone;
        v_level.held := v_level.held - v_held;
        v_level.committed := v_level.committed - v_committed;
        v_level.available := v_level.available + v_held + v_committed;
        v_level.oversold := v_level.oversold + v_held + v_committed;
        v_orders := v_orders || v_some;
      end if;
      if v_level.available < 0 then
        insert into stock_movements (sku, location_id, kind, available, unavailable, reason)
        values (v_asked.sku, v_asked.location_id, 'adjusted', -v_level.available, v_level.available, 'missing');
        v_level.unavailable := v_level.unavailable + v_level.available;
        v_level.available := 0;
      end if;
    elsif v_level.available > 0 and v_level.oversold > 0 then
      select filled.held, filled.committed, filled.orders into v_held, v_committed, v_some
        from fill_shorts(v_asked.sku, v_asked.location_id, v_level.available) filled;
      v_level.held := v_level.held + v_held;
      v_level.committed := v_level.committed + v_committed;
      v_level.available := v_level.available - v_held - v_committed;
      v_level.oversold := v_level.oversold - v_held - v_committed;
      v_orders := v_orders || v_some;
    end if;
    update stock_levels
       set available = v_level.available, held = v_level.held, committed = v_level.committed,
           unavailable = v_level.unavailable, oversold = v_level.oversold, sold = sold + v_asked.sold,
           updated_at = clock_timestamp()
     where sku = v_asked.sku and location_id = v_asked.location_id;
  end loop;
  return v_orders;
end $$;

-- Takes pieces away from the newest allocations of a level, which are short then: of unpaid orders first, and of paid ones. The caller
-- holds the lock of the level, and changes its counts by the result: what was taken of the held and of the committed pieces.
create or replace function make_short(p_sku text, p_location text, p_pieces bigint,
                                      out held bigint, out committed bigint, out orders text[]) language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_state       text;
  v_left        bigint;
  v_order_id    text;
  v_reservation reservations;
  v_pieces      bigint;
begin
  held := 0; committed := 0; orders := '{}';
  foreach v_state in array array['held', 'committed'] loop
    -- Never more than there are, so that the loop ends at the oldest allocation of this state and reads nothing before it.
    v_left := case v_state
      when 'held' then (select least(p_pieces, l.held) from stock_levels l where l.sku = p_sku and l.location_id = p_location)
      else p_pieces - held
    end;
    for v_order_id in
      select order_id from stock_movements
       where sku = p_sku and location_id = p_location and order_id is not null and available < 0
       order by movement_id desc
    loop
      exit when v_left = 0;
      select * into v_reservation from reservations
       where order_id = v_order_id and sku = p_sku and location_id = p_location and state = v_state and quantity > short + shipped;
      continue when not found;
      v_pieces := least(v_left, v_reservation.quantity - v_reservation.short - v_reservation.shipped);
      update reservations set short = short + v_pieces
       where order_id = v_order_id and sku = p_sku and location_id = p_location;
      held := held + case v_state when 'held' then v_pieces else 0 end;
      committed := committed + case v_state when 'committed' then v_pieces else 0 end;
      insert into stock_movements (sku, location_id, kind, available, held, committed, order_id, reason)
      values (p_sku, p_location, 'adjusted', v_pieces, case v_state when 'held' then -v_pieces else 0 end,
              case v_state when 'committed' then -v_pieces else 0 end, v_order_id, 'short');
      orders := orders || v_order_id;
      v_left := v_left - v_pieces;
    end loop;
  end loop;
end $$;

-- Gives pieces to the allocations of a level that are short, oldest order first. The caller holds the lock of the level, and changes
-- its counts by the result: what was added to the held and to the committed pieces.
create or replace function fill_shorts(p_sku text, p_location text, p_pieces bigint,
                                       out held bigint, out committed bigint, out orders text[]) language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_left        bigint := p_pieces;
  v_reservation record;
  v_pieces      bigint;
begin
  held := 0; committed := 0; orders := '{}';
  for v_reservation in
    select r.order_id, r.state, r.short from reservations r join orders o on o.order_id = r.order_id
     where r.sku = p_sku and r.location_id = p_location and r.short > 0
     order by o.created_at, o.order_id
  loop
    exit when v_left <= 0;
    v_pieces := least(v_left, v_reservation.short);
    update reservations set short = short - v_pieces
     where order_id = v_reservation.order_id and sku = p_sku and location_id = p_location;
    if v_reservation.state = 'held' then
      held := held + v_pieces;
    else
      committed := committed + v_pieces;
    end if;
    insert into stock_movements (sku, location_id, kind, available, held, committed, order_id, reason)
    values (p_sku, p_location, v_reservation.state, -v_pieces, case v_reservation.state when 'held' then v_pieces else 0 end,
            case v_reservation.state when 'committed' then v_pieces else 0 end, v_reservation.order_id, 'filled');
    orders := orders || v_reservation.order_id;
    v_left := v_left - v_pieces;
  end loop;
end $$;

-- Pieces have become available at a level that is oversold: orders that are short get them.
create or replace function fill_oversold_level() returns trigger language plpgsql as $$
begin
  update stock_levels l
     set available = l.available - filled.held - filled.committed, held = l.held + filled.held,
         committed = l.committed + filled.committed, oversold = l.oversold - filled.held - filled.committed
    from fill_shorts(new.sku, new.location_id, new.available) filled
   where l.sku = new.sku and l.location_id = new.location_id and filled.held + filled.committed > 0;
  return null;
end $$;

-- Hands over committed pieces. A piece that was short, and was sent all the same, was there after all. Pieces that had left before the
-- newest count are missing in it already: that count has taken them from the available pieces, which get them back. The caller holds the
-- locks of the orders. p_pieces: [{orderId, sku, location, quantity, reference?, at?}]; `reference` is the shipment; without `at`, the pieces
-- leave now. Pieces that the order does not have there are an error.
create or replace function ship_reserved(p_pieces jsonb) returns void language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_piece       jsonb;
  v_reservation reservations;
  v_quantity    bigint;
  v_short       bigint;
  v_counted_at  timestamptz;
  v_moves       jsonb := '[]';
begin
  perform lock_levels(array_agg(p ->> 'sku'), array_agg(p ->> 'location')) from jsonb_array_elements(p_pieces) p;
  for v_piece in select p from jsonb_array_elements(p_pieces) p loop
    v_quantity := (v_piece ->> 'quantity')::bigint;
    select * into v_reservation from reservations
     where order_id = v_piece ->> 'orderId' and sku = v_piece ->> 'sku' and location_id = v_piece ->> 'location'
       and state = 'committed' and quantity - shipped >= v_quantity;
    if not found then
      raise exception 'Order % does not have % pieces of % at location % that can be handed over.', v_piece ->> 'orderId',
        v_quantity, v_piece ->> 'sku', v_piece ->> 'location' using errcode = '23S03';
    end if;
    v_short := greatest(v_quantity - (v_reservation.quantity - v_reservation.short - v_reservation.shipped), 0);
    update reservations
       set shipped = shipped + v_quantity, short = short - v_short,
           state = case when shipped + v_quantity = quantity then 'consumed' else state end
     where order_id = v_piece ->> 'orderId' and sku = v_piece ->> 'sku' and location_id = v_piece ->> 'location';
    update stock_levels set oversold = oversold - v_short
     where sku = v_piece ->> 'sku' and location_id = v_piece ->> 'location' and v_short > 0;
    v_moves := v_moves || jsonb_build_array(v_piece || jsonb_build_object('kind', 'shipped', 'committed', v_short - v_quantity));
    select hand_overs_counted_at into v_counted_at from stock_levels
     where sku = v_piece ->> 'sku' and location_id = v_piece ->> 'location';
    if (v_piece ->> 'at')::timestamptz <= v_counted_at then
      v_moves := v_moves || jsonb_build_array((v_piece - 'at') || jsonb_build_object('kind', 'adjusted', 'available', v_quantity - v_short,
                                                                                     'reason', 'already_counted'));
    end if;
  end loop;
  perform move_stock(v_moves);
end $$;

-- Gives back committed pieces that are not handed over: those that are short first, then those of the last location. The caller holds
-- the locks of the orders. p_pieces: [{orderId, sku, quantity, reference?}]. More pieces than the order has are an error.
create or replace function release_reserved(p_pieces jsonb) returns void language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_piece       jsonb;
  v_reservation reservations;
  v_left        bigint;
  v_of_short    boolean;
  v_pieces      bigint;
begin
  perform lock_levels(array_agg(r.sku), array_agg(r.location_id))
     from jsonb_array_elements(p_pieces) p
     join reservations r on r.order_id = p ->> 'orderId' and r.sku = p ->> 'sku' and r.state = 'committed';
  for v_piece in select p from jsonb_array_elements(p_pieces) p loop
    v_left := (v_piece ->> 'quantity')::bigint;
    foreach v_of_short in array array[true, false] loop
      for v_reservation in
        select * from reservations
         where order_id = v_piece ->> 'orderId' and sku = v_piece ->> 'sku' and state = 'committed'
         order by location_id desc
      loop
        v_pieces := least(v_left, case when v_of_short then v_reservation.short
                                       else v_reservation.quantity - v_reservation.short - v_reservation.shipped end);
        continue when v_pieces = 0;
        v_left := v_left - v_pieces;
        perform take_from_reservation(v_reservation, v_pieces, v_of_short);
        perform move_stock(jsonb_build_array(v_piece || jsonb_build_object('location', v_reservation.location_id,
          'kind', 'released', 'sold', -v_pieces) || case when v_of_short then '{}' else
          jsonb_build_object('committed', -v_pieces, 'available', v_pieces) end));
      end loop;
    end loop;
    if v_left > 0 then
      raise exception 'Order % does not have % pieces of % that can be given back.', v_piece ->> 'orderId',
        v_piece ->> 'quantity', v_piece ->> 'sku' using errcode = '23S03';
    end if;
  end loop;
end $$;

-- Takes pieces from a committed reservation, of those that are short or of those that are there. The caller holds the lock of the level,
-- and takes pieces that are there from its counts.
create or replace function take_from_reservation(p_reservation reservations, p_pieces bigint, p_of_short boolean)
  returns void language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_rest bigint := p_reservation.quantity - p_pieces;
begin
  update reservations
     set short = case when p_of_short then short - p_pieces else short end, quantity = case v_rest when 0 then quantity else v_rest end,
         state = case v_rest when 0 then 'released' when shipped then 'consumed' else state end
   where order_id = p_reservation.order_id and sku = p_reservation.sku and location_id = p_reservation.location_id;
  if p_of_short then
    update stock_levels set oversold = oversold - p_pieces
     where sku = p_reservation.sku and location_id = p_reservation.location_id;
  end if;
end $$;

-- Allocates the pieces of committed orders that are short to other active locations that have them, in their order. The caller holds
-- the locks of the orders. Returns the ids of the orders that are still short.
create or replace function allocate_shorts(p_order_ids text[]) returns text[] language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_reservation reservations;
  v_level       record;
  v_left        bigint;
  v_pieces      bigint;
begin
  perform lock_levels(array_agg(l.sku), array_agg(l.location_id))
     from stock_levels l
    where l.sku in (select sku from reservations where order_id = any(p_order_ids) and state = 'committed' and short > 0);
  for v_reservation in
    select * from reservations where order_id = any(p_order_ids) and state = 'committed' and short > 0
     order by order_id, sku, location_id
  loop
    v_left := v_reservation.short;
    for v_level in
      select l.location_id, l.available from stock_levels l join locations place using (location_id)
       where l.sku = v_reservation.sku and l.location_id <> v_reservation.location_id and l.available > 0 and place.active
       order by place.priority, l.location_id
    loop
      v_pieces := least(v_left, v_level.available);
      exit when v_pieces = 0;
      v_left := v_left - v_pieces;
      insert into reservations as r (order_id, sku, location_id, quantity, state)
      values (v_reservation.order_id, v_reservation.sku, v_level.location_id, v_pieces, 'committed')
      on conflict (order_id, sku, location_id) do update
         set quantity = v_pieces + case r.state when 'released' then 0 else r.quantity end, state = 'committed';
      perform move_stock(jsonb_build_array(jsonb_build_object('sku', v_reservation.sku, 'location', v_level.location_id,
        'kind', 'committed', 'available', -v_pieces, 'committed', v_pieces, 'sold', v_pieces,
        'orderId', v_reservation.order_id, 'reason', 'reallocated')));
    end loop;
    if v_left < v_reservation.short then
      perform take_from_reservation(v_reservation, v_reservation.short - v_left, true);
      update stock_levels set sold = sold - (v_reservation.short - v_left)
       where sku = v_reservation.sku and location_id = v_reservation.location_id;
    end if;
  end loop;
  return array(select distinct order_id from reservations where order_id = any(p_order_ids) and short > 0 order by 1);
end $$;

-- Writes items of the catalogue, and what is physically there at a location. Safe to repeat.
-- p_items: [{sku, title, unitPrice, currency, onHand, location?, lowAt?, rearmAt?, sequence?, weightGrams?, actor?}]. Returns for
-- each {sku, applied, unknownLocation?}, in the same sequence: an element is not applied where the level has the same sequence or a newer
-- one.
create or replace function put_stock(p_items jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_item     jsonb;
  v_n        integer;
  v_location text;
  v_level    stock_levels;
  v_applied  boolean;
  v_results  jsonb[] := array_fill(null::jsonb, array[jsonb_array_length(p_items)]);
begin
  for v_item, v_n in
    select i, n from jsonb_array_elements(p_items) with ordinality x (i, n) order by i ->> 'sku', coalesce(i ->> 'location', 'default'), n
  loop
    perform act_as(v_item -> 'actor');
    v_location := coalesce(v_item ->> 'location', 'default');
    if not exists (select 1 from locations where location_id = v_location) then
      v_results[v_n] := jsonb_build_object('sku', v_item -> 'sku', 'applied', false, 'unknownLocation', true);
      continue;
    end if;
    insert into stock_items (sku, title, unit_price, currency)
    values (v_item ->> 'sku', v_item ->> 'title', (v_item ->> 'unitPrice')::bigint, v_item ->> 'currency')
    on conflict (sku) do nothing;
    perform 1 from stock_items where sku = v_item ->> 'sku' for no key update;
    insert into stock_levels (sku, location_id) values (v_item ->> 'sku', v_location) on conflict do nothing;
    select * into v_level from stock_levels where sku = v_item ->> 'sku' and location_id = v_location for update;
    v_applied := coalesce((v_item ->> 'sequence')::bigint > v_level.sequence, true);
    if v_applied then
      update stock_items
         set title = v_item ->> 'title', unit_price = (v_item ->> 'unitPrice')::bigint, currency = v_item ->> 'currency',
             weight_grams = coalesce((v_item ->> 'weightGrams')::bigint, weight_grams), updated_at = clock_timestamp()
       where sku = v_item ->> 'sku';
      update stock_levels
         set low_at = (v_item ->> 'lowAt')::bigint, rearm_at = (v_item ->> 'rearmAt')::bigint,
             sequence = coalesce((v_item ->> 'sequence')::bigint, sequence), counted_at = clock_timestamp(),
             counted_by = v_item -> 'actor',
             -- A request that repeats the number may be about the title or the price: nobody has counted.
             hand_overs_counted_at = case (v_item ->> 'onHand')::bigint when on_hand then hand_overs_counted_at
                                                                        else clock_timestamp() end,
             updated_at = clock_timestamp()
       where sku = v_item ->> 'sku' and location_id = v_location;
      if (v_item ->> 'onHand')::bigint <> v_level.on_hand then
        perform move_stock(jsonb_build_array(jsonb_build_object('sku', v_item ->> 'sku', 'location', v_location,
          'kind', 'adjusted', 'available', (v_item ->> 'onHand')::bigint - v_level.on_hand, 'reason', 'counted')));
      end if;
    end if;
    v_results[v_n] := jsonb_build_object('sku', v_item -> 'sku', 'applied', v_applied);
  end loop;
  return to_jsonb(v_results);
end $$;

-- A process of 0.2 has written an item: its `on_hand` is what can be sold at the default location.
create or replace function copy_item_of_previous_release() returns trigger language plpgsql as $$
declare
  v_available bigint;
begin
  insert into stock_levels (sku, location_id) values (new.sku, 'default') on conflict do nothing;
  select available into v_available from stock_levels where sku = new.sku and location_id = 'default' for update;
  update stock_levels
     set low_at = new.low_at, rearm_at = case when rearm_at > new.low_at then rearm_at end, sequence = new.sequence,
         hand_overs_counted_at = null
   where sku = new.sku and location_id = 'default';
  if new.on_hand <> v_available then
    perform move_stock(jsonb_build_array(jsonb_build_object('sku', new.sku, 'location', 'default', 'kind', 'adjusted',
                                                            'available', new.on_hand - v_available, 'reason', 'counted')));
  end if;
  return null;
end $$;
