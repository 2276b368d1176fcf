-- The mails that are still to be sent, with what they say; one row an order and kind, whatever happens.
-- p_mails: [{orderId, kind, messageId}], without doubles. A mail that was sent is not answered again.
create function claim_mails(p_mails jsonb) returns jsonb language sql as $$
  with claimed as (
    insert into mails (order_id, kind, message_id, attempts)
    select m ->> 'orderId', m ->> 'kind', m ->> 'messageId', 1
      from jsonb_array_elements(p_mails) with ordinality x(m, n)
     order by 1, n
    on conflict (order_id, kind) do update set attempts = mails.attempts + 1, status = 'pending'
     where mails.status <> 'sent'
    returning mails.order_id, mails.kind, mails.message_id
  )
  select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('orderId', c.order_id, 'kind', c.kind,
           'messageId', c.message_id, 'email', o.customer_email, 'name', o.customer_name, 'currency', o.currency,
           'total', o.total, 'lines', o.lines, 'reason', o.reason)) order by x.n), '[]')
    from jsonb_array_elements(p_mails) with ordinality x(m, n)
    join claimed c on c.order_id = m ->> 'orderId' and c.kind = m ->> 'kind'
    join orders o on o.order_id = c.order_id;
$$;

create index mails_newest on mails (created_at);
