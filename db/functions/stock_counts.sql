-- Stock that other systems report: what was counted, what can be sold, and what arrived or left.

-- How many pieces arrived at a level after a time, less those that left. A correction of the records is no movement of goods.
-- A null time: 0.
create or replace function moved_since(p_sku text, p_location text, p_time timestamptz) returns bigint language sql stable as $$
  select coalesce(sum(available + held + committed + unavailable), 0)::bigint
    from stock_movements
   where sku = p_sku and location_id = p_location and at > p_time
     and available + held + committed + unavailable <> 0
     and (kind in ('received', 'shipped', 'returned') or reason = 'delta');
$$;

-- By how much the available pieces of a level changed after a time, because goods arrived and because orders took them. What orders
-- have given back is not in it: the number is too low rather than too high. A null time: 0.
create or replace function available_since(p_sku text, p_location text, p_time timestamptz) returns bigint language plpgsql stable as $$
declare
  v_change bigint;
  v_one    record;
begin
  select coalesce(sum(available), 0) into v_change
    from stock_movements
   where sku = p_sku and location_id = p_location and at > p_time
     and available + held + committed + unavailable <> 0
     and (kind in ('received', 'returned') or reason = 'delta');
  -- Newest first, so that only those after the time are read.
  for v_one in
    select at, available from stock_movements
     where sku = p_sku and location_id = p_location and order_id is not null and available < 0
     order by movement_id desc
  loop
    exit when v_one.at > p_time is not true;
    v_change := v_change + v_one.available;
  end loop;
  return v_change;
end $$;

-- Decides for each row, of which no two have the same level, whether it is applied and by how much the available pieces change.
-- The caller holds the locks of the levels. Returns the rows with {reason} or {change}, and what they were compared with.
create or replace function decide_stock_counts(p_rows jsonb, p_now timestamptz) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
begin
  return (
    with asked as (
      select r.*, case when r."asOf" is not null then least(r."asOf", p_now) end as as_of
        from jsonb_to_recordset(p_rows) as r(n integer, source text, location text, sku text, kind text, quantity bigint,
               sequence bigint, "asOf" timestamptz, "compareQuantity" bigint)
    ), compared as (
      select a.*, l.on_hand, l.available, l.counted_at, s.sequence as last_sequence,
             case
               when not exists (select 1 from stock_items i where i.sku = a.sku) then 'unknown_sku'
               when l.sku is null then 'unknown_location'
               when a.sequence <= s.sequence then 'old_sequence'
               when a.kind <> 'delta' and a.as_of < l.counted_at then 'counted_later'
               when a.kind = 'delta' and a.as_of <= l.counted_at then 'already_counted'
               -- What has moved since then is summed up below, under the lock of the level.
               when a.kind <> 'delta' and a.as_of < p_now - interval '31 days' then 'too_old'
               when a."compareQuantity" <> case a.kind when 'sellable' then l.available else l.on_hand end then 'other_quantity'
               when a.kind = 'delta' and l.on_hand + a.quantity < 0 then 'not_there'
             end as reason
        from asked a
        left join stock_levels l on l.sku = a.sku and l.location_id = a.location
        left join stock_sequences s on s.source = a.source and s.location_id = a.location and s.sku = a.sku
    )
    select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
             'n', n, 'source', source, 'sku', sku, 'location', location, 'kind', kind, 'quantity', quantity,
             'sequence', sequence, 'asOf', as_of, 'reason', reason, 'lastSequence', last_sequence,
             'countedAt', iso_time(counted_at), 'change',
             case when reason is null then
               case kind
                 when 'delta' then quantity
                 when 'physical' then greatest(quantity + moved_since(sku, location, as_of), 0) - on_hand
                 when 'sellable' then greatest(quantity + available_since(sku, location, as_of), 0) - available
               end
             end))), '[]')
      from compared);
end $$;

-- Applies what other systems report, in one transaction, in the order of the rows.
-- p_rows: [{source, location, sku, kind, quantity, sequence, asOf?, compareQuantity?, actor?}], where
-- the rows are of one request, whose actor the first of them has. Returns {results: one
-- {sku, location, status, reason?, onHand?, available?, oversold?, lastSequence?, countedAt?} for each row, in their order; orders: the
-- ids of the paid orders of which more or less is short now}.
--
-- A row changes the available pieces only: move_stock makes the newest allocations short where there are fewer than allocated. The
-- levels are locked in the order of (sku, location_id). Rows of one level are applied one after the other, in rounds.
create or replace function apply_stock_counts(p_rows jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_skus      text[];
  v_locations text[];
  v_now       timestamptz;
  v_round     jsonb;
  v_decided   jsonb;
  v_applied   jsonb;
  v_results   jsonb := '[]';
  v_orders    text[] := '{}';
begin
  perform act_as(p_rows -> 0 -> 'actor');
  select array_agg(sku), array_agg(location_id) into v_skus, v_locations
    from (select distinct i.sku, l.location_id
            from jsonb_array_elements(p_rows) r
            join stock_items i on i.sku = r ->> 'sku'
            join locations l on l.location_id = r ->> 'location') asked;
  insert into stock_levels (sku, location_id)
  select asked.* from unnest(v_skus, v_locations) asked(sku, location_id)
   where not exists (select 1 from stock_levels l where l.sku = asked.sku and l.location_id = asked.location_id)
   order by 1, 2
  on conflict do nothing;
  perform lock_levels(v_skus, v_locations);
  v_now := clock_timestamp();

  for v_round in
    select jsonb_agg(r || jsonb_build_object('n', n) order by n)
      from (select r, n, row_number() over (partition by r ->> 'sku', r ->> 'location' order by n) as turn
              from jsonb_array_elements(p_rows) with ordinality x(r, n)) numbered
     group by turn order by turn
  loop
    v_decided := decide_stock_counts(v_round, v_now);
    select coalesce(jsonb_agg(d), '[]') into v_applied from jsonb_array_elements(v_decided) d where d ? 'change';
    v_orders := v_orders || move_stock((
      select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
               'sku', a -> 'sku', 'location', a -> 'location', 'available', a -> 'change', 'reference', a -> 'source',
               'kind', case when a ->> 'kind' = 'delta' and (a ->> 'quantity')::bigint > 0 then 'received' else 'adjusted' end,
               'reason', case a ->> 'kind' when 'physical' then 'counted' else a ->> 'kind' end,
               'at', case a ->> 'kind' when 'delta' then a -> 'asOf' end))), '[]')
        from jsonb_array_elements(v_applied) a where (a ->> 'change')::bigint <> 0));
    update stock_levels l
       set counted_at = case a ->> 'kind' when 'physical' then counted.at else l.counted_at end,
           counted_by = case a ->> 'kind' when 'physical' then p_rows -> 0 -> 'actor' else l.counted_by end,
           hand_overs_counted_at = case a ->> 'kind' when 'physical' then counted.at end, updated_at = clock_timestamp()
      from jsonb_array_elements(v_applied) a, lateral (select coalesce((a ->> 'asOf')::timestamptz, v_now) as at) counted
     where l.sku = a ->> 'sku' and l.location_id = a ->> 'location' and a ->> 'kind' in ('physical', 'sellable');
    insert into stock_sequences (source, location_id, sku, sequence)
    select a ->> 'source', a ->> 'location', a ->> 'sku', (a ->> 'sequence')::bigint from jsonb_array_elements(v_applied) a
    on conflict (source, location_id, sku) do update set sequence = excluded.sequence, applied_at = clock_timestamp();
    select v_results || coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
             'n', d -> 'n', 'sku', d -> 'sku', 'location', d -> 'location', 'reason', d -> 'reason',
             'status', case
                         when not d ? 'reason' then 'applied'
                         when d ->> 'reason' in ('old_sequence', 'counted_later', 'already_counted') then 'stale'
                         when d ->> 'reason' = 'other_quantity' then 'conflict'
                         else 'error'
                       end,
             'onHand', l.on_hand, 'available', l.available, 'oversold', l.oversold,
             'lastSequence', d -> 'lastSequence', 'countedAt', d -> 'countedAt'))), '[]')
      into v_results
      from jsonb_array_elements(v_decided) d
      left join stock_levels l on l.sku = d ->> 'sku' and l.location_id = d ->> 'location';
  end loop;

  return jsonb_build_object(
    'results', (select coalesce(jsonb_agg(r - 'n' order by (r -> 'n')::integer), '[]') from jsonb_array_elements(v_results) r),
    'orders', to_jsonb(array(
      select distinct order_id from reservations where order_id = any(v_orders) and state = 'committed' order by order_id)));
end $$;

-- Forgets which rows of a source were applied, so that it can count from 1 again. p_filter: {source?, location?, sku?}. Without
-- `source`, the sequences with which put_stock was called. Returns {reset}: the number of sequences. What was applied stays as it is.
create or replace function reset_stock_sequence(p_filter jsonb) returns jsonb language sql as $$
  with of_reports as (
    delete from stock_sequences
     where source = p_filter ->> 'source'
       and (p_filter ->> 'location' is null or location_id = p_filter ->> 'location')
       and (p_filter ->> 'sku' is null or sku = p_filter ->> 'sku')
    returning 1
  ), of_items as (
    update stock_levels set sequence = null
     where p_filter ->> 'source' is null and sequence is not null
       and (p_filter ->> 'location' is null or location_id = p_filter ->> 'location')
       and (p_filter ->> 'sku' is null or sku = p_filter ->> 'sku')
    returning 1
  )
  select jsonb_build_object('reset', (select count(*) from of_reports) + (select count(*) from of_items));
$$;
