-- A final capture releases what is left of the authorisation, so it goes after the other captures of its order: sent
-- before them, it would take their money away. Its answer says `waits` until they are settled; asked again, it tells
-- what is authorised then.
alter function begin_captures(jsonb) rename to book_captures;

create function begin_captures(p_captures jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  v_booked jsonb := book_captures(p_captures);
begin
  return (
    select jsonb_agg(case when answer ->> 'status' = 'pending' and (answer ->> 'final')::boolean and exists (
                            select 1 from captures other
                             where other.order_id = answer ->> 'orderId' and other.status = 'pending'
                               and other.capture_id <> answer ->> 'captureId')
                          then answer || '{"waits": true}' else answer end order by place)
      from jsonb_array_elements(v_booked) with ordinality as answers (answer, place));
end $$;
