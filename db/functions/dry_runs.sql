-- What a change would lead to, without the change.

-- Calls one of the functions by which messages change orders and stock, and undoes all that it has changed. p_call: {function, argument}.
-- Returns what the function returns: the rules are its own. Locks are held until the statement ends.
create or replace function dry_run(p_call jsonb) returns jsonb language plpgsql as $$
declare
  v_argument jsonb := p_call -> 'argument';
  v_result   jsonb;
begin
  -- The exception undoes what this block has changed, notifications included. Variables keep their values.
  begin
    case p_call ->> 'function'
      when 'put_stock'           then v_result := put_stock(v_argument);
      when 'apply_stock_counts'  then v_result := apply_stock_counts(v_argument);
      when 'report_shipments'    then v_result := report_shipments(v_argument);
      when 'receive_returns'     then v_result := receive_returns(v_argument);
      when 'begin_refunds'       then v_result := begin_refunds(v_argument);
      when 'begin_cancellations' then v_result := begin_cancellations(v_argument);
    end case;
    raise exception 'this was a dry run' using errcode = 'DRY01';
  exception when sqlstate 'DRY01' then
    return v_result;
  end;
end $$;
