-- Alerts of low stock, with hysteresis: a level becomes low when `available` is `low_at` or less, and ok again only at `rearm_at`, so
-- that a count that goes up and down around `low_at` raises one alert. Pieces that orders are short of count as taken.

-- `low`, `out` or `ok`, without regard to the alerts that were raised.
create or replace function stock_state(p_available bigint, p_oversold bigint, p_low_at bigint) returns text
language sql immutable as $$
  select case when p_low_at is null then 'ok' when p_available <= p_oversold then 'out'
              when p_available - p_oversold <= p_low_at then 'low' else 'ok' end;
$$;

-- How many pieces end an episode: by default `low_at` plus a fifth, at least one more.
create or replace function stock_rearm_at(p_low_at bigint, p_rearm_at bigint) returns bigint language sql immutable as $$
  select coalesce(p_rearm_at, p_low_at + greatest(1, (p_low_at + 4) / 5));
$$;

-- Keeps `low_since` in the transaction that changes the level, and ends an episode. Alerts are raised later, since most of what makes
-- a level low for a moment is a hold that is released again.
create or replace function watch_stock_level() returns trigger language plpgsql as $$
declare
  v_state text := stock_state(new.available, new.oversold, new.low_at);
begin
  if new.low_at is null or new.available - new.oversold >= stock_rearm_at(new.low_at, new.rearm_at) then
    new.alert_state := 'ok';
    new.low_since := null;
  elsif v_state = 'out' and new.alert_state <> 'out' or v_state = 'low' and new.alert_state = 'ok' then
    new.low_since := coalesce(new.low_since, clock_timestamp());
  else
    new.low_since := null;
  end if;
  return new;
end $$;

-- Raises the alerts of levels that have been low or out for `delayMs`: with an event, and with a mail to send if `mail` is true. Each
-- level has an alert when it becomes low or out, and one more when it becomes out after it was low; then it has to be ok first.
-- Safe to call from several processes at once. p_asked: {delayMs, limit, mail}. Returns [{sku, location, state}].
create or replace function raise_stock_alerts(p_asked jsonb) returns jsonb language plpgsql as $$
declare
  v_overdue interval := (p_asked ->> 'delayMs')::bigint * interval '1 millisecond';
  v_level   stock_levels;
  v_raised  jsonb[] := '{}';
begin
  for v_level in
    select * from stock_levels where low_since <= clock_timestamp() - v_overdue
     order by low_since limit (p_asked ->> 'limit')::integer for update skip locked
  loop
    v_raised := v_raised || raise_stock_alert(v_level, (p_asked ->> 'mail')::boolean);
  end loop;
  if v_raised = '{}' then
    -- The level of an item that everybody buys may be locked at every moment: then it is waited for. No other lock is held here.
    select * into v_level from stock_levels where low_since <= clock_timestamp() - v_overdue - interval '15 seconds'
     order by low_since limit 1 for update;
    if found then
      v_raised := v_raised || raise_stock_alert(v_level, (p_asked ->> 'mail')::boolean);
    end if;
  end if;
  return to_jsonb(v_raised);
end $$;

-- Raises the alert of a level whose lock the caller holds. The events of a level are a stream of their own, with the id
-- `stock/<sku>/<location>`.
create or replace function raise_stock_alert(p_level stock_levels, p_mail boolean) returns jsonb language plpgsql as $$
declare
  v_state  text := stock_state(p_level.available, p_level.oversold, p_level.low_at);
  v_stream text := concat_ws('/', 'stock', p_level.sku, p_level.location_id);
begin
  update stock_levels set alert_state = v_state, low_since = null
   where sku = p_level.sku and location_id = p_level.location_id;
  insert into stock_alerts (sku, location_id, state, available, low_at, mail_status)
  values (p_level.sku, p_level.location_id, v_state, p_level.available, p_level.low_at,
          case when p_mail then 'pending' else 'none' end);
  insert into order_events (order_id, sequence, type, data)
  select v_stream, 1 + coalesce((select max(sequence) from order_events where order_id = v_stream), 0),
         'com.durable-checkout.stock.' || v_state || '.v1',
         jsonb_build_object('stock', jsonb_build_object('sku', p_level.sku, 'location', p_level.location_id, 'title', i.title,
           'state', v_state, 'available', p_level.available, 'lowAt', p_level.low_at,
           'rearmAt', stock_rearm_at(p_level.low_at, p_level.rearm_at)))
    from stock_items i where i.sku = p_level.sku;
  return jsonb_build_object('sku', p_level.sku, 'location', p_level.location_id, 'state', v_state);
end $$;

-- Claims mails of alerts that are due, oldest first, before they are sent. A claim that is not settled within `leaseMs` is given to the
-- next caller: its process has died. p_asked: {limit, leaseMs}. Returns what each mail says.
create or replace function claim_alert_mails(p_asked jsonb) returns jsonb language sql as $$
  with due as (
    select alert_id from stock_alerts where mail_status = 'pending' and mail_due_at <= clock_timestamp()
     order by mail_due_at limit (p_asked ->> 'limit')::integer for update skip locked
  ), claimed as (
    update stock_alerts a
       set mail_attempts = a.mail_attempts + 1,
           mail_due_at = clock_timestamp() + (p_asked ->> 'leaseMs')::bigint * interval '1 millisecond'
      from due where a.alert_id = due.alert_id
    returning a.*
  )
  select coalesce(jsonb_agg(jsonb_build_object('alertId', c.alert_id, 'attempts', c.mail_attempts, 'since', iso_time(c.raised_at),
           'sku', c.sku, 'title', i.title, 'location', l.name, 'state', c.state, 'available', c.available, 'lowAt', c.low_at,
           'raisedAt', iso_time(c.raised_at)) order by c.alert_id), '[]')
    from claimed c join stock_items i using (sku) join locations l using (location_id);
$$;
