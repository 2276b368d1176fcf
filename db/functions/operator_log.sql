-- The log of what operators did and saw.

-- Refuses every change of the log but an insert.
create or replace function refuse_log_change() returns trigger language plpgsql as $$
begin
  raise exception 'audit_log is append-only: % is refused', lower(tg_op) using errcode = 'restrict_violation';
end $$;
