-- What a repeat is recognised by, so that it is not recorded twice.

alter table audit_log
  -- SHA-256 of the request or message by its idempotency key, as hex. Null: nothing says that a later one is the same.
  add column request_hash text;
create unique index audit_log_by_request on audit_log (request_hash) where request_hash is not null;

alter table parked_steps
  -- The last retry that was recorded. Null: it has no id.
  add column retry_id text;

-- Finds the last entries of an action, which may be rare in a long log.
create index audit_log_by_action on audit_log (action, entry_id);
