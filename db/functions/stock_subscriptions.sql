-- Customers who want to know when an item can be bought again.

-- Adds a subscription, which has to be confirmed by a link in a mail. Nothing is added, and nobody learns it, where the address is
-- subscribed already, or was sent `maxMails` of these mails within the last day; the mail to an address that has not confirmed is sent
-- again after a day. p_asked: {subscriptionId, clientId, sku, email, locale?, maxMails}. Returns {found}: whether there is the item.
create or replace function subscribe_to_stock(p_asked jsonb) returns jsonb language plpgsql as $$
begin
  if not exists (select from stock_items where sku = p_asked ->> 'sku') then
    return jsonb_build_object('found', false);
  end if;
  -- Requests for one address wait for each other, so that their mails are counted.
  perform pg_advisory_xact_lock(hashtextextended('stock subscription ' || lower(p_asked ->> 'email'), 0));
  if (select count(*) from stock_subscriptions
       where lower(email) = lower(p_asked ->> 'email') and confirmed_at is null
         and mail_since > clock_timestamp() - interval '1 day') < (p_asked ->> 'maxMails')::integer then
    insert into stock_subscriptions as s (subscription_id, client_id, sku, email, locale, mail)
    values (p_asked ->> 'subscriptionId', p_asked ->> 'clientId', p_asked ->> 'sku', p_asked ->> 'email', p_asked ->> 'locale',
            'back_in_stock_confirm')
    on conflict (client_id, sku, lower(email)) where status in ('requested', 'confirmed') do update
       set mail = 'back_in_stock_confirm', mail_since = clock_timestamp(), mail_due_at = clock_timestamp(), mail_attempts = 0,
           mail_error = null, locale = excluded.locale
     where s.status = 'requested' and s.mail is null and s.mail_since <= clock_timestamp() - interval '1 day';
  end if;
  return jsonb_build_object('found', true);
end $$;

-- Decides who is told that an item can be bought again: those who have waited longest, and within `windowMs` no more than `perPiece`
-- for each piece that can be sold. A subscription ends with it. Safe to call from several processes at once: one of them does it.
-- p_asked: {perPiece, windowMs, limit}. Returns the number of subscriptions.
create or replace function notify_stock_subscribers(p_asked jsonb) returns jsonb language plpgsql as $$
declare
  v_sku   text;
  v_room  bigint;
  v_count integer;
  v_all   integer := 0;
begin
  if not pg_try_advisory_xact_lock(hashtextextended('notify stock subscribers', 0)) then
    return to_jsonb(0);
  end if;
  -- Skips from one item to the next, since many may wait for the same one.
  for v_sku in
    with recursive waiting as (
      (select sku from stock_subscriptions where status = 'confirmed' order by sku limit 1)
      union all
      select (select s.sku from stock_subscriptions s where s.status = 'confirmed' and s.sku > w.sku order by s.sku limit 1)
        from waiting w where w.sku is not null
    )
    select w.sku from waiting w where w.sku is not null
  loop
    exit when v_all >= (p_asked ->> 'limit')::integer;
    select coalesce(sum(greatest(l.available - l.oversold, 0)), 0) * (p_asked ->> 'perPiece')::integer into v_room
      from stock_levels l join locations p using (location_id) where l.sku = v_sku and p.active;
    continue when v_room = 0;
    v_room := v_room - (select count(*) from stock_subscriptions
                         where sku = v_sku and status = 'notified'
                           and notified_at > clock_timestamp() - (p_asked ->> 'windowMs')::bigint * interval '1 millisecond');
    update stock_subscriptions
       set status = 'notified', notified_at = clock_timestamp(), ended_at = clock_timestamp(), mail = 'back_in_stock',
           mail_since = now(), mail_due_at = now(), mail_attempts = 0, mail_error = null
     where subscription_id in (
       select subscription_id from stock_subscriptions where sku = v_sku and status = 'confirmed'
        order by created_at, subscription_id
        limit greatest(0, least(v_room, (p_asked ->> 'limit')::integer - v_all)) for update);
    get diagnostics v_count = row_count;
    v_all := v_all + v_count;
  end loop;
  return to_jsonb(v_all);
end $$;

-- Claims mails to subscribers that are due, oldest first, before they are sent, and stores the hashes of the tokens in their links. A
-- claim that is not settled within `leaseMs` is given to the next caller: its process has died.
-- p_asked: {tokenHashes, leaseMs}; there are at most as many mails as hashes. Returns what each mail says, in the order of the hashes.
create or replace function claim_subscription_mails(p_asked jsonb) returns jsonb language sql as $$
  with due as (
    select subscription_id from stock_subscriptions where mail is not null and mail_due_at <= clock_timestamp()
     order by mail_due_at, created_at limit jsonb_array_length(p_asked -> 'tokenHashes') for update skip locked
  ), claimed as (
    update stock_subscriptions s
       set mail_attempts = s.mail_attempts + 1,
           mail_due_at = clock_timestamp() + (p_asked ->> 'leaseMs')::bigint * interval '1 millisecond'
      from due where s.subscription_id = due.subscription_id
    returning s.*
  ), numbered as (
    select *, row_number() over (order by created_at, subscription_id) as n from claimed
  ), issued as (
    insert into stock_subscription_tokens (token_hash, subscription_id)
    select p_asked -> 'tokenHashes' ->> (n - 1)::integer, subscription_id from numbered
  )
  select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('subscriptionId', n.subscription_id, 'kind', n.mail,
           'attempts', n.mail_attempts, 'since', iso_time(n.mail_since), 'email', n.email, 'locale', n.locale,
           'title', i.title, 'unitPrice', i.unit_price, 'currency', i.currency)) order by n.n), '[]')
    from numbered n join stock_items i using (sku);
$$;

-- The subscription of a token, as its page shows it; null: there is none.
create or replace function stock_subscription_of(p_token_hash text) returns jsonb language sql stable as $$
  select jsonb_strip_nulls(jsonb_build_object('status', s.status, 'title', i.title, 'locale', s.locale))
    from stock_subscription_tokens t join stock_subscriptions s using (subscription_id) join stock_items i using (sku)
   where t.token_hash = p_token_hash;
$$;

-- Confirms or cancels the subscription of a token. Safe to repeat. A subscription that has ended stays as it is.
-- p_asked: {tokenHash, action: 'confirm' | 'unsubscribe'}. Returns the subscription afterwards; null: there is none.
create or replace function change_stock_subscription(p_asked jsonb) returns jsonb language plpgsql as $$
begin
  update stock_subscriptions s
     set status = case p_asked ->> 'action' when 'confirm' then 'confirmed' else 'cancelled' end,
         confirmed_at = case p_asked ->> 'action' when 'confirm' then clock_timestamp() else s.confirmed_at end,
         ended_at = case p_asked ->> 'action' when 'confirm' then null else clock_timestamp() end,
         mail = null
    from stock_subscription_tokens t
   where t.token_hash = p_asked ->> 'tokenHash' and s.subscription_id = t.subscription_id
     and s.status = any(case p_asked ->> 'action' when 'confirm' then array['requested']
                             else array['requested', 'confirmed', 'notified'] end);
  return stock_subscription_of(p_asked ->> 'tokenHash');
end $$;
