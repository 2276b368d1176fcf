-- What operators have paused.

-- Refuses every change of a brake but its release, once, and the growth of its count.
create or replace function refuse_brake_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and new.affected >= old.affected
     and (new.brake_id, new.kind, new.target, new.reason, new.set_at, new.set_client_id, new.set_key_id)
         = (old.brake_id, old.kind, old.target, old.reason, old.set_at, old.set_client_id, old.set_key_id)
     and new.set_session_id is not distinct from old.set_session_id
     and (old.released_at is null
          or (new.released_at, new.release_reason, new.release_client_id, new.release_key_id, new.release_session_id)
             is not distinct from (old.released_at, old.release_reason, old.release_client_id, old.release_key_id,
                                   old.release_session_id)) then
    return new;
  end if;
  raise exception 'brakes are a history: % is refused', lower(tg_op) using errcode = 'restrict_violation';
end $$;

-- Tells every process that a brake was set or released.
create or replace function notify_of_brake() returns trigger language plpgsql as $$
begin
  perform pg_notify('brakes', '');
  return null;
end $$;
