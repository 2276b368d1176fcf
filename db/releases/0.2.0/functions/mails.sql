-- Mails to customers.

-- Claims mails before they are sent, one row for each order, kind and part. p_mails: [{orderId, kind, part?, messageId}], without
-- duplicates. Returns what each mail says; a mail that was sent already is not returned.
create or replace function claim_mails(p_mails jsonb) returns jsonb language sql as $$
  with claimed as (
    insert into mails (order_id, kind, part, message_id, attempts)
    select m ->> 'orderId', m ->> 'kind', coalesce((m ->> 'part')::integer, 1), m ->> 'messageId', 1
      from jsonb_array_elements(p_mails) with ordinality x(m, n)
     order by 1, n
    on conflict (order_id, kind, part) do update set attempts = mails.attempts + 1, status = 'pending'
     where mails.status <> 'sent'
    returning mails.order_id, mails.kind, mails.part, mails.message_id
  )
  select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('orderId', c.order_id, 'kind', c.kind,
           'messageId', c.message_id, 'email', o.customer_email, 'name', o.customer_name, 'currency', o.currency,
           'total', o.total, 'lines', o.lines, 'reason', o.reason, 'refunded', r.amount)) order by x.n), '[]')
    from jsonb_array_elements(p_mails) with ordinality x(m, n)
    join claimed c on c.order_id = m ->> 'orderId' and c.kind = m ->> 'kind'
                  and c.part = coalesce((m ->> 'part')::integer, 1)
    join orders o on o.order_id = c.order_id
    left join refunds r on r.order_id = c.order_id and c.kind = 'refunded' and r.number = c.part;
$$;
