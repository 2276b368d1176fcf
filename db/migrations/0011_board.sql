-- The board: the sessions of operators, and the log of what they did and saw.
create table board_sessions (
  -- SHA-256 of the token in the operator's cookie, as hex. The token itself is kept nowhere.
  token_hash text primary key,
  -- Names the session in the log.
  session_id text not null unique,
  -- SHA-256 of the API key, as hex. Each request asks whether the key is still valid.
  key_hash   text not null,
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null
);
create index board_sessions_by_end on board_sessions (expires_at);
insert into retention_runs (kind) values ('board_sessions');

-- Who did, saw or changed what. Rows are added and never changed: see the trigger `refuse_log_change`.
create table audit_log (
  entry_id   bigint generated always as identity primary key,
  at         timestamptz not null default clock_timestamp(),
  action     text not null,
  client_id  text not null,
  key_id     text not null,
  -- Null: the request had an API key instead of a session.
  session_id text,
  order_id   text
);
create index audit_log_of_order on audit_log (order_id, entry_id) where order_id is not null;
