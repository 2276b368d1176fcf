-- Mails to customers.

-- Pieces of lines of an order with their titles, as mails show them. p_lines: [{line, quantity, amount?}], null: none.
create or replace function mail_lines(p_order_lines jsonb, p_lines jsonb) returns jsonb language sql immutable as $$
  select jsonb_agg(jsonb_strip_nulls(jsonb_build_object('title', p_order_lines -> (l ->> 'line')::integer - 1 ->> 'title',
           'quantity', l -> 'quantity', 'total', l -> 'amount')) order by n)
    from jsonb_array_elements(p_lines) with ordinality x(l, n)
   -- A refund may be of money of pieces that were refunded before.
   where l ->> 'quantity' <> '0';
$$;

-- What a mail about a shipment says; null: there is no shipment with this number.
create or replace function mail_of_shipment(p_order_id text, p_order_lines jsonb, p_number integer) returns jsonb language sql stable as $$
  select jsonb_build_object('carrier', s.carrier, 'trackingCode', s.tracking_code, 'trackingUrl', s.tracking_url,
           'handedOverAt', iso_time(s.handed_over_at), 'deliveredAt', iso_time(s.delivered_at),
           'replacement', s.replaces is not null,
           'completes', not exists (select from order_lines l where l.order_id = p_order_id and l.cancelled + l.shipped < l.quantity),
           'lines', coalesce(mail_lines(p_order_lines, (
             select jsonb_agg(jsonb_build_object('line', l.line, 'quantity', l.quantity) order by l.line)
               from shipment_lines l where l.shipment_id = s.shipment_id)), '[]'))
    from shipments s where s.order_id = p_order_id and s.number = p_number;
$$;

-- What a mail about a return says; null: there is no return with this number. p_received: only the pieces that have arrived, if any has.
create or replace function mail_of_return(p_order_id text, p_order_lines jsonb, p_number integer, p_received boolean) returns jsonb
language sql stable as $$
  select jsonb_build_object('number', r.number, 'carrier', r.carrier, 'trackingCode', r.tracking_code, 'labelUrl', r.label_url,
           'note', r.note, 'exchange', r.exchange is not null,
           'lines', coalesce(mail_lines(p_order_lines, coalesce(
             (select jsonb_agg(jsonb_build_object('line', l.line, 'quantity', l.received) order by l.line)
                from return_lines l where l.return_id = r.return_id and p_received and l.received > 0),
             (select jsonb_agg(jsonb_build_object('line', l.line, 'quantity', l.quantity) order by l.line)
                from return_lines l where l.return_id = r.return_id))), '[]'))
    from returns r where r.order_id = p_order_id and r.number = p_number;
$$;

-- Claims mails before they are sent, one row for each order, kind and part. p_mails: [{orderId, kind, part?, messageId, lease?, leaseMs?}],
-- without duplicates. `lease` is an id of the attempt: until `leaseMs` are over no other attempt gets the mail, unless it is extended.
-- Returns what each mail says; a mail that was sent already is not returned. One that another attempt is sending is returned as
-- {state: 'leased'}, and one that the server has refused for good as {state: 'refused'}, each with orderId, kind and part. The part is
-- the number of the refund, the shipment or the return. Processes of the version before have no leases and send such mails, too. Only
-- processes of 0.2 read `reason` and `refunded`.
create or replace function claim_mails(p_mails jsonb) returns jsonb language sql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
  with claimed as (
    insert into mails (order_id, kind, part, message_id, attempts, lease, leased_until)
    select m ->> 'orderId', m ->> 'kind', coalesce((m ->> 'part')::integer, 1), m ->> 'messageId', 1, m ->> 'lease',
           clock_timestamp() + (m ->> 'leaseMs')::bigint * interval '1 millisecond'
      from jsonb_array_elements(p_mails) with ordinality x(m, n)
     order by 1, n
    on conflict (order_id, kind, part) do update set attempts = mails.attempts + 1, status = 'pending', lease = excluded.lease,
                  leased_until = excluded.leased_until
     where mails.status <> 'sent'
       and (excluded.lease is null
            or mails.status <> 'refused' and (mails.leased_until is null or mails.leased_until <= clock_timestamp()))
    returning mails.order_id, mails.kind, mails.part, mails.message_id, mails.lease
  ), others as (
    -- A mail of which this statement does not see the row yet was claimed meanwhile.
    select w.order_id, w.kind, w.part, case m.status when 'refused' then 'refused' else 'leased' end as state
      from (select m ->> 'orderId' as order_id, m ->> 'kind' as kind, coalesce((m ->> 'part')::integer, 1) as part
              from jsonb_array_elements(p_mails) m where m ? 'lease') w
      left join mails m on m.order_id = w.order_id and m.kind = w.kind and m.part = w.part
     where (select count(*) from claimed) < jsonb_array_length(p_mails) and m.status is distinct from 'sent'
       and not exists (select from claimed c where c.order_id = w.order_id and c.kind = w.kind and c.part = w.part)
  )
  select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('orderId', c.order_id, 'kind', c.kind,
           'part', case when c.lease is not null then c.part end, 'messageId', c.message_id, 'email', o.customer_email, 'name', o.customer_name, 'locale', o.locale, 'traceparent', o.traceparent,
           'currency', o.currency, 'total', o.total, 'lines', o.lines, 'placedAt', iso_time(o.created_at),
           'shipping', o.shipping, 'reason', o.reason, 'refunded', r.amount,
           'payment', case when c.kind in ('paid', 'cancelled')
                           then (select jsonb_build_object('captured', coalesce(sum(p.captured), 0),
                                          'capturable', coalesce(sum(p.capturable), 0), 'refunded', coalesce(sum(p.refunded), 0))
                                   from payments p where p.order_id = c.order_id and not p.late) end,
           'refund', case when r.amount is not null
                          then jsonb_build_object('amount', r.amount, 'lines', mail_lines(o.lines, r.lines)) end,
           'shipment', case when c.kind in ('shipped', 'out_for_delivery', 'delivered')
                            then mail_of_shipment(c.order_id, o.lines, c.part) end,
           'return', case when c.kind in ('return_label', 'return_declined', 'return_received')
                          then mail_of_return(c.order_id, o.lines, c.part, c.kind = 'return_received') end))), '[]')
         || (select coalesce(jsonb_agg(jsonb_build_object('orderId', order_id, 'kind', kind, 'part', part, 'state', state)), '[]') from others)
    from claimed c
    join orders o on o.order_id = c.order_id
    left join refunds r on r.order_id = c.order_id and c.kind = 'refunded' and r.number = c.part;
$$;

-- Records why mails were not sent, and ends their leases. p_failures: [{messageId, lease, error, permanent?}]. A mail that was sent, or
-- that another attempt has leased meanwhile, stays as it is. The order of a mail that the server has refused for good gets an event.
create or replace function fail_mails(p_failures jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan
as $$
declare
  v_mail  record;
  v_count integer := 0;
begin
  for v_mail in
    with failed as (
      update mails m
         set status = case when (f ->> 'permanent')::boolean then 'refused' else 'failed' end, last_error = f ->> 'error', leased_until = null
        from jsonb_array_elements(p_failures) f
       where m.message_id = f ->> 'messageId' and m.status <> 'sent' and m.lease = f ->> 'lease'
      returning m.order_id, m.kind, m.part, m.status, m.last_error
    )
    select * from failed order by order_id, kind, part
  loop
    v_count := v_count + 1;
    if v_mail.status = 'refused' then
      perform append_order_event(array[v_mail.order_id], 'mail_refused', jsonb_build_object('mail',
        jsonb_build_object('kind', v_mail.kind, 'part', v_mail.part, 'error', v_mail.last_error)));
    end if;
  end loop;
  return to_jsonb(v_count);
end $$;

-- Makes the mails of an order that were not sent ready to be sent again, also those that the server has refused for good, and corrects the
-- address of the customer. p_asked: {orderId, clientId, email?, kind?}; without `kind` all such mails. Returns [{kind, part}], null: there
-- is no such order. Without a mail to send, the address stays as it is.
create or replace function reopen_mails(p_asked jsonb) returns jsonb language plpgsql as $$
declare
  v_order_id text;
  v_mails    jsonb;
begin
  select order_id into v_order_id from orders
   where order_id = p_asked ->> 'orderId' and client_id = p_asked ->> 'clientId' for update;
  if not found then
    return null;
  end if;
  with reopened as (
    update mails set status = 'failed', lease = null, leased_until = null
     where order_id = v_order_id and status in ('refused', 'failed') and kind = coalesce(p_asked ->> 'kind', kind)
    returning kind, part
  )
  select coalesce(jsonb_agg(jsonb_build_object('kind', kind, 'part', part) order by kind, part), '[]') into v_mails from reopened;
  if v_mails <> '[]' and p_asked ? 'email' then
    update orders set customer_email = p_asked ->> 'email', updated_at = clock_timestamp() where order_id = v_order_id;
  end if;
  return v_mails;
end $$;
