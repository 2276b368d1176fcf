-- The records that an audit has read from others. They are needed until it has ended.

-- Removes the records of an audit, and those of audits that began more than three days ago and have not removed theirs. If there is no
-- other audit, the tables are truncated, which is faster and leaves no dead rows.
create or replace function discard_audit_records(p_audit_id text) returns void language plpgsql as $$
declare
  v_table  text;
  v_others boolean;
begin
  -- No audit can begin meanwhile.
  lock table audit_comparisons in share row exclusive mode;
  delete from audit_comparisons
   where audit_id = p_audit_id or audit_id like p_audit_id || '/%' or started_at < clock_timestamp() - interval '3 days';
  v_others := exists (select from audit_comparisons);
  foreach v_table in array array['audit_orders', 'audit_provider_payments', 'audit_provider_refunds', 'audit_provider_disputes',
                                 'audit_carrier_labels', 'audit_order_workflows', 'audit_suspects'] loop
    if v_others then
      execute format('delete from %I where audit_id not in (select audit_id from audit_comparisons)', v_table);
    else
      execute format('truncate %I', v_table);
    end if;
  end loop;
end $$;

-- Brings the checkpoints of levels up to date: sums the movements since the last one. The levels are those after (p_sku, p_location)
-- up to (p_last_sku, p_last_location).
--
-- A movement has its number before its transaction commits, so a lower number may become visible after a higher one. Therefore a
-- checkpoint only moves to a number that was the highest an hour ago or earlier: no transaction is that long.
create or replace function advance_stock_checkpoints(p_sku text, p_location text, p_last_sku text, p_last_location text)
  returns void language plpgsql as $$
declare
  v_last bigint := coalesce(pg_sequence_last_value(pg_get_serial_sequence('stock_movements', 'movement_id')), 0);
begin
  insert into stock_checkpoints (sku, location_id, next_movement_id)
  select sku, location_id, v_last from stock_levels
   where (sku, location_id) > (p_sku, p_location) and (sku, location_id) <= (p_last_sku, p_last_location)
  on conflict do nothing;
  update stock_checkpoints c
     set movement_id = c.next_movement_id, available = c.available + m.available, held = c.held + m.held,
         committed = c.committed + m.committed, unavailable = c.unavailable + m.unavailable,
         next_movement_id = v_last, next_at = clock_timestamp()
    from stock_checkpoints known
         cross join lateral (
           select coalesce(sum(available), 0) as available, coalesce(sum(held), 0) as held,
                  coalesce(sum(committed), 0) as committed, coalesce(sum(unavailable), 0) as unavailable
             from stock_movements
            where sku = known.sku and location_id = known.location_id
              and movement_id > known.movement_id and movement_id <= known.next_movement_id) m
   where (known.sku, known.location_id) > (p_sku, p_location)
     and (known.sku, known.location_id) <= (p_last_sku, p_last_location)
     and known.next_at < clock_timestamp() - interval '1 hour'
     and c.sku = known.sku and c.location_id = known.location_id and c.movement_id = known.movement_id;
end $$;
