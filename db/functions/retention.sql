-- Deletes what is old and settled, in small batches. Orders, their payments, events and mails are kept.

-- Deletes one batch of the kind of rows that has waited longest for its run, if a run is due. p_asked: {limit, everyMs, kinds: [{kind,
-- keepMs}]}: `limit` rows at most; the next run of a kind begins `everyMs` after the end of the last one; rows are kept for `keepMs` after they
-- were settled. Returns {kind, deleted, more}, or null: no run is due, or another process is deleting.
--
-- The row of the kind is locked until the batch is committed, so one process at a time deletes rows of a kind, and the count of deleted
-- rows is that of the rows that are gone.
create or replace function delete_expired(p_asked jsonb) returns jsonb language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  v_run     retention_runs;
  v_limit   integer := (p_asked ->> 'limit')::integer;
  v_before  timestamptz;
  v_deleted integer;
  v_seen    integer;
begin
  select r.* into v_run
    from retention_runs r
    join jsonb_array_elements(p_asked -> 'kinds') k on k ->> 'kind' = r.kind
   where r.next_run_at <= clock_timestamp()
   order by r.next_run_at, r.kind limit 1
     for update of r skip locked;
  if not found then
    return null;
  end if;
  select clock_timestamp() - (k ->> 'keepMs')::bigint * interval '1 millisecond' into v_before
    from jsonb_array_elements(p_asked -> 'kinds') k where k ->> 'kind' = v_run.kind;

  case v_run.kind
    when 'dead_letters' then
      -- Only those that an operator has replayed or discarded.
      delete from dead_letters where dead_letter_id in (
        select dead_letter_id from dead_letters where settled_at < v_before and state in ('replayed', 'discarded')
         order by settled_at limit v_limit);
      get diagnostics v_deleted = row_count;
    when 'audits' then
      -- An audit with differences is kept until a later one that covers it has found none. The last audit is always kept.
      delete from audits where audit_id in (
        select a.audit_id from audits a
         where a.started_at < v_before
           and exists (select from audits l
                        where l.started_at > a.started_at and l.finished_at is not null
                          and (a.difference_count = 0
                               or l.difference_count = 0 and (l.since is null or l.since <= a.since)))
         order by a.started_at limit v_limit);
      get diagnostics v_deleted = row_count;
    when 'order_claims' then
      -- The row of a decided order says itself which workflow carries it, but not with which epoch, and a claim that is made anew has the
      -- first: an order that has passed to another run keeps its claim, so that the steps of earlier runs are still refused. Only events
      -- that are old enough are looked at, each once: by the event of its outcome at the latest, an order is decided.
      with following as (
        select e.order_id, e.tx, e.position, e.occurred_at, row_number() over (order by e.tx, e.position) as n
          from (select order_id, tx, position, occurred_at from order_events
                 where (tx, position) > (v_run.tx, v_run.position) order by tx, position limit v_limit) e
      ), due as materialized (
        select * from following where n < coalesce((select min(n) from following where occurred_at >= v_before), v_limit + 1)
      ), gone as (
        delete from order_claims c using orders o
         where c.order_id in (select order_id from due) and o.order_id = c.order_id and o.outcome_at < v_before
           and c.epoch = 1 and o.request_hash = c.request_hash and coalesce(o.workflow_id, 'order/' || o.order_id) = c.workflow_id
        returning 1
      ), moved as (
        update retention_runs r set tx = d.tx, position = d.position
          from (select tx, position from due order by n desc limit 1) d
         where r.kind = 'order_claims'
      )
      select (select count(*) from gone), (select count(*) from due) into v_deleted, v_seen;
    when 'webhook_deliveries' then
      -- A delivery that has not arrived is kept for as long as its endpoint exists: it can be sent again.
      delete from webhook_deliveries where delivery_id in (
        select d.delivery_id from webhook_deliveries d
          join webhook_endpoints e on e.endpoint_id = d.endpoint_id
         where d.state <> 'pending' and d.settled_at < v_before and (d.state = 'delivered' or e.state = 'removed')
         order by d.settled_at limit v_limit);
      get diagnostics v_deleted = row_count;
    when 'stock_alerts' then
      -- Not those of levels that are still low or out, and not those of which the mail could not be sent.
      delete from stock_alerts where alert_id in (
        select a.alert_id from stock_alerts a
         where a.raised_at < v_before and a.mail_status in ('sent', 'none')
           and not exists (select from stock_levels l
                            where l.sku = a.sku and l.location_id = a.location_id and l.alert_state <> 'ok')
         order by a.alert_id limit v_limit);
      get diagnostics v_deleted = row_count;
    when 'stock_subscriptions' then
      -- Those that have ended, and a week after the mail also those that nobody has confirmed.
      delete from stock_subscriptions where subscription_id in (
        select subscription_id from stock_subscriptions
         where ended_at < v_before
            or status = 'requested' and mail is null and mail_since < clock_timestamp() - interval '7 days' limit v_limit);
      get diagnostics v_deleted = row_count;
    when 'board_sessions' then
      delete from board_sessions where token_hash in (
        select token_hash from board_sessions where expires_at < v_before order by expires_at limit v_limit);
      get diagnostics v_deleted = row_count;
    when 'batches' then
      -- A batch has up to 10,000 rows of its own. One that nobody has started is kept for a week; it may be started at this moment.
      delete from batches where batch_id in (
        select batch_id from batches
         where state in ('planned', 'stopped', 'done')
           and (coalesce(ended_at, created_at) < v_before
                or state = 'planned' and created_at < clock_timestamp() - interval '7 days')
         limit 2 for update skip locked);
      get diagnostics v_deleted = row_count;
      v_seen := case v_deleted when 2 then v_limit else v_deleted end;
  end case;

  if coalesce(v_seen, v_deleted) = v_limit then
    update retention_runs set deleted = deleted + v_deleted where kind = v_run.kind;
    return jsonb_build_object('kind', v_run.kind, 'deleted', v_deleted, 'more', true);
  end if;
  update retention_runs
     set deleted = deleted + v_deleted, last_run_at = clock_timestamp(),
         next_run_at = clock_timestamp() + (p_asked ->> 'everyMs')::bigint * interval '1 millisecond'
   where kind = v_run.kind;
  return jsonb_build_object('kind', v_run.kind, 'deleted', v_deleted, 'more', false);
end $$;
