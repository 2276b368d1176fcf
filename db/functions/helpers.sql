-- Small functions that several topics share.

-- ISO 8601 in UTC with milliseconds. `stable`, as `to_char` is: only so it becomes a part of the statement that calls it.
create or replace function iso_time(p_time timestamptz) returns text language sql stable as $$
  select to_char(p_time at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
$$;

-- The order ids of [{orderId, …}], in the same sequence.
create or replace function order_ids(p_items jsonb) returns text[] language sql immutable as $$
  select coalesce(array_agg(i ->> 'orderId' order by n), '{}') from jsonb_array_elements(p_items) with ordinality x(i, n);
$$;

-- The elements of [{orderId, …}] that belong to these orders; null: none.
create or replace function items_of_orders(p_items jsonb, p_order_ids text[]) returns jsonb language sql immutable as $$
  select jsonb_agg(i) from jsonb_array_elements(p_items) i where i ->> 'orderId' = any(p_order_ids);
$$;

-- The members of the result of a refund or a capture that is refused. p_left: the amount that could still be asked for.
create or replace function refusal(p_code text, p_left bigint, p_order_status text) returns jsonb language sql immutable as $$
  select jsonb_build_object('outcome', 'refused', 'code', p_code, 'left', greatest(p_left, 0), 'orderStatus', p_order_status);
$$;

-- Which action of an operator has settled a refund or a capture with this status; null: the provider has settled it.
create or replace function operator_action(p_status text) returns text language sql immutable as $$
  select case p_status when 'skipped' then 'skip' when 'resolved' then 'resolve' end;
$$;
