-- The lines of orders after the payment: how many of their pieces were cancelled, refunded and returned, and their money.

-- Writes the lines that are not written yet. The caller holds the locks of the orders.
create or replace function ensure_order_lines(p_order_ids text[]) returns void language sql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
  insert into order_lines (order_id, line, sku, quantity, amount)
  select o.order_id, l.line, l.data ->> 'sku', (l.data ->> 'quantity')::bigint, (l.data ->> 'total')::bigint
    from orders o, jsonb_array_elements(o.lines) with ordinality l(data, line)
   where o.order_id = any(p_order_ids)
  on conflict (order_id, line) do nothing;
$$;

-- The money of the pieces from `p_from` to `p_to` of a line, in minor units. Rounding is cumulative, so that the parts of a line sum
-- to its amount in whichever portions they are taken. `src/domain/line-shares.ts` has the same rule.
create or replace function line_share(p_amount bigint, p_quantity bigint, p_from bigint, p_to bigint) returns bigint language sql immutable as $$
  select (div(p_amount::numeric * p_to, p_quantity) - div(p_amount::numeric * p_from, p_quantity))::bigint;
$$;

-- [{line, quantity, …}] as rows, each line once.
create or replace function line_quantities(p_lines jsonb) returns table (line integer, quantity bigint) language sql immutable as $$
  select (l ->> 'line')::integer, sum((l ->> 'quantity')::bigint)::bigint from jsonb_array_elements(p_lines) l group by 1 order by 1;
$$;

-- The delivered pieces of each line that are with the customer: they did not come back, and no open return expects them.
create or replace function delivered_lines(p_order_id text) returns table (line integer, pieces bigint) language sql stable as $$
  select l.line, l.delivered - l.returned - coalesce((
           select sum(rl.quantity - rl.received - rl.missing)
             from returns r join return_lines rl using (return_id)
            where r.order_id = p_order_id and r.status in ('requested', 'open') and rl.line = l.line), 0)::bigint
    from order_lines l where l.order_id = p_order_id;
$$;

-- Whether the pieces of an item left the stock when the order was paid, as those of an order without an address do.
create or replace function left_when_paid(p_order_id text, p_sku text) returns boolean language sql stable as $$
  select exists (select 1 from reservations where order_id = p_order_id and sku = p_sku and state = 'consumed')
     and not exists (select 1 from shipments where order_id = p_order_id and handed_over_at is not null);
$$;

-- Puts pieces that left the stock when the order was paid back on sale, because they are cancelled.
-- p_pieces: [{orderId, sku, quantity, reference}]. The caller holds the locks of the orders and of the levels.
create or replace function take_back_consumed(p_pieces jsonb) returns void language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_piece       jsonb;
  v_reservation reservations;
  v_left        bigint;
  v_taken       bigint;
begin
  for v_piece in select p from jsonb_array_elements(p_pieces) p order by p ->> 'sku' loop
    v_left := (v_piece ->> 'quantity')::bigint;
    for v_reservation in
      select * from reservations
       where order_id = v_piece ->> 'orderId' and sku = v_piece ->> 'sku' and state = 'consumed' order by location_id
    loop
      v_taken := least(v_left, v_reservation.quantity);
      exit when v_taken = 0;
      v_left := v_left - v_taken;
      update reservations
         set quantity = case v_taken when quantity then quantity else quantity - v_taken end,
             state = case v_taken when quantity then 'released' else state end
       where order_id = v_reservation.order_id and sku = v_reservation.sku and location_id = v_reservation.location_id;
      perform move_stock(jsonb_build_array(v_piece || jsonb_build_object('location', v_reservation.location_id,
        'kind', 'returned', 'available', v_taken, 'sold', -v_taken, 'reason', 'cancelled')));
    end loop;
  end loop;
end $$;

-- Cancels pieces of lines that were not handed over: their stock goes back, and shipments that are not handed over are planned again.
-- p_lines: [{line, quantity}]; `p_reference` is the refund. The caller holds the locks of the order and of its levels.
create or replace function cancel_line_pieces(p_order_id text, p_lines jsonb, p_reference text) returns void language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_committed jsonb;
  v_consumed  jsonb;
begin
  update order_lines l set cancelled = l.cancelled + asked.quantity
    from line_quantities(p_lines) asked where l.order_id = p_order_id and l.line = asked.line;
  select jsonb_agg(piece || jsonb_build_object('quantity', committed)) filter (where committed > 0),
         jsonb_agg(piece || jsonb_build_object('quantity', wanted - committed)) filter (where wanted > committed)
    into v_committed, v_consumed
    from (select jsonb_build_object('orderId', p_order_id, 'sku', sku, 'reference', p_reference) as piece, wanted,
                 least(wanted, coalesce((select sum(r.quantity - r.shipped) from reservations r
                                          where r.order_id = p_order_id and r.sku = asked.sku and r.state = 'committed'), 0)) as committed
            from (select l.sku, sum(q.quantity)::bigint as wanted
                    from line_quantities(p_lines) q join order_lines l on l.order_id = p_order_id and l.line = q.line
                   group by l.sku) asked) pieces;
  if v_committed is not null then
    perform release_reserved(v_committed);
  end if;
  if v_consumed is not null then
    perform take_back_consumed(v_consumed);
  end if;
  -- The pieces that are left may all be handed over.
  perform roll_up_order(p_order_id);
  perform append_order_event(array[p_order_id], 'line_cancelled', jsonb_build_object('lines', (
    select jsonb_agg(jsonb_build_object('line', l.line, 'sku', l.sku, 'quantity', q.quantity) order by l.line)
      from line_quantities(p_lines) q join order_lines l on l.order_id = p_order_id and l.line = q.line)));
  perform replan_shipments(array[p_order_id]);
end $$;

-- What of [{line, quantity}] cannot be put back on sale: [{line, left}], or null. Pieces can be put back that were delivered and are
-- in no return, and pieces that left the stock when the order was paid.
create or replace function refuse_restock(p_order_id text, p_lines jsonb) returns jsonb language sql stable as $$
  select jsonb_agg(jsonb_build_object('line', line, 'left', pieces) order by line)
    from (select q.line, q.quantity,
                 case when left_when_paid(p_order_id, l.sku) then l.quantity - l.cancelled - l.shipped else d.pieces end as pieces
            from line_quantities(p_lines) q
            join order_lines l on l.order_id = p_order_id and l.line = q.line
            join delivered_lines(p_order_id) d on d.line = q.line) asked
   where quantity > pieces;
$$;

-- Puts pieces back on sale that are in the shop's hands again, without a return. The caller holds the lock of the order, and has
-- asked `refuse_restock`. Pieces that left the stock when the order was paid count as delivered from here on.
create or replace function restock_lines(p_order_id text, p_lines jsonb, p_reference text) returns void language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
begin
  update order_lines l set shipped = l.shipped + q.quantity, delivered = l.delivered + q.quantity
    from line_quantities(p_lines) q where l.order_id = p_order_id and l.line = q.line and left_when_paid(p_order_id, l.sku);
  perform return_pieces(p_order_id, (
    select jsonb_agg(l || jsonb_build_object('disposition', 'restocked')) from jsonb_array_elements(p_lines) l), null, p_reference);
end $$;

-- Delivered pieces are back: what is restocked can be sold, what is being processed is there and cannot be sold, the rest does not
-- enter the stock. p_pieces: [{line, quantity, disposition}] without missing pieces; `p_location` null: where they were shipped from.
-- The caller holds the lock of the order.
create or replace function return_pieces(p_order_id text, p_pieces jsonb, p_location text, p_reference text) returns void language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_moves jsonb;
begin
  update order_lines l set returned = l.returned + back.quantity
    from line_quantities(p_pieces) back where l.order_id = p_order_id and l.line = back.line;
  select jsonb_agg(jsonb_build_object('sku', l.sku, 'location', coalesce(p_location, shipped_from(p_order_id, l.line)),
           'kind', 'returned', case p ->> 'disposition' when 'restocked' then 'available' else 'unavailable' end,
           (p ->> 'quantity')::bigint, 'orderId', p_order_id, 'reference', p_reference, 'reason', p ->> 'disposition'))
    into v_moves
    from jsonb_array_elements(p_pieces) p
    join order_lines l on l.order_id = p_order_id and l.line = (p ->> 'line')::integer
   where p ->> 'disposition' in ('restocked', 'processing');
  if v_moves is not null then
    perform move_stock(v_moves);
  end if;
end $$;

-- The location of the newest shipment that delivered pieces of the line, or without a shipment that of the reservation.
create or replace function shipped_from(p_order_id text, p_line integer) returns text language sql stable as $$
  select coalesce((select s.location_id from shipments s join shipment_lines l using (shipment_id)
                    where s.order_id = p_order_id and l.line = p_line and s.delivered_at is not null
                    order by s.number desc limit 1),
                  (select r.location_id from reservations r join order_lines l using (order_id, sku)
                    where r.order_id = p_order_id and l.line = p_line and r.state = 'consumed' order by 1 limit 1),
                  'default');
$$;

-- Divides money among the pieces of an order that are not refunded yet: [{line, quantity, amount, uncaptured}]; `uncaptured` is what
-- the money does not suffice for. The quantity is 0 where only money of pieces is left that were refunded before.
create or replace function divide_among_lines(p_order_id text, p_money bigint) returns jsonb language sql stable as $$
  select coalesce(jsonb_agg(jsonb_build_object('line', line, 'quantity', pieces, 'amount', money, 'uncaptured', rest - money)
                            order by line), '[]')
    from (select line, pieces, rest, greatest(least(rest, p_money - (sum(rest) over (order by line) - rest)), 0)::bigint as money
            from (select line, quantity - refunded as pieces, amount - refunded_amount - uncaptured_amount as rest
                    from order_lines
                   where order_id = p_order_id and (refunded < quantity or refunded_amount + uncaptured_amount < amount)) unrefunded) divided;
$$;

-- Records that money of lines goes back. p_lines: [{line, quantity, amount, uncaptured}]. The caller holds the lock of the order.
create or replace function refund_lines(p_order_id text, p_lines jsonb) returns void language sql as $$
  update order_lines l
     set refunded = l.refunded + (r ->> 'quantity')::bigint, refunded_amount = l.refunded_amount + (r ->> 'amount')::bigint,
         uncaptured_amount = l.uncaptured_amount + (r ->> 'uncaptured')::bigint
    from jsonb_array_elements(p_lines) r where l.order_id = p_order_id and l.line = (r ->> 'line')::integer;
$$;

-- A refund was planned while other money had gone back by a refund of no certain piece, or by a dispute: what was missing for its pieces
-- counts as not captured. That money is with the shop again, so it is not missing any more: as much as the shop keeps beyond the price of
-- what is neither cancelled nor refunded is given back to the lines, and can be refunded. Pieces stay refunded. The caller holds the lock
-- of the order, and has recorded what is with the shop.
create or replace function recount_uncaptured(p_order_id text) returns void language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_excess bigint;
begin
  select (select sum(captured - refunded - disputed_amount(order_id, payment_intent_id)) from payments
           where order_id = p_order_id and not late)
         - pending_refunds(p_order_id)
         - (o.total - (select sum(refunded_amount + uncaptured_amount) from order_lines where order_id = p_order_id))
    into v_excess from orders o where o.order_id = p_order_id;
  if coalesce(v_excess, 0) <= 0 then
    return;
  end if;
  -- The money of cancelled lines last: it is more likely that it was really not captured.
  update order_lines l set uncaptured_amount = l.uncaptured_amount - given.amount
    from (select line, greatest(least(uncaptured_amount, v_excess - (sum(uncaptured_amount) over (order by cancelled > 0, line)
                                                                     - uncaptured_amount)), 0)::bigint as amount
            from order_lines where order_id = p_order_id) given
   where l.order_id = p_order_id and l.line = given.line and given.amount > 0;
end $$;

-- Cuts the lines of a refund to an amount: [{line, quantity, amount}]. What is cut off of each line is {line, quantity: 0, amount} in `cut`.
create or replace function cut_refund_lines(p_lines jsonb, p_amount bigint, out kept jsonb, out cut jsonb) language sql immutable as $$
  select jsonb_agg(l || jsonb_build_object('amount', money) order by n),
         jsonb_agg(jsonb_build_object('line', l -> 'line', 'quantity', 0, 'amount', asked - money) order by n) filter (where asked > money)
    from (select n, l, asked, greatest(least(asked, p_amount - (sum(asked) over (order by n) - asked)), 0)::bigint as money
            from (select n, l, (l ->> 'amount')::bigint as asked from jsonb_array_elements(p_lines) with ordinality x(l, n)) lines) divided;
$$;

-- The order is cancelled as a whole, and this money has gone back with it. The caller holds the lock of the order.
create or replace function cancel_all_lines(p_order_id text, p_refunded bigint) returns void language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
begin
  perform ensure_order_lines(array[p_order_id]);
  update order_lines set cancelled = quantity where order_id = p_order_id and shipped = 0;
  if p_refunded > 0 then
    perform refund_lines(p_order_id, divide_among_lines(p_order_id, p_refunded));
  end if;
end $$;
