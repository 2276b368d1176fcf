-- The lists of the board: filters of orders that operators have kept, and who has signed in with wrong keys.
create table saved_views (
  view_id    text primary key,
  client_id  text not null,
  -- The key of its owner.
  key_id     text not null,
  name       text not null,
  -- Whether the other keys of the client see it.
  is_shared  boolean not null,
  -- Filters of the list of orders. No personal data.
  filter     jsonb not null,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  unique (client_id, key_id, name)
);

-- Attempts to sign in that have failed or are not decided yet. All processes count together.
create table sign_in_attempts (
  -- SHA-256 of the address, as hex.
  source     text primary key,
  -- When the latest attempts were made, oldest first.
  attempts   timestamptz[] not null,
  -- Whether the last attempt was allowed.
  is_allowed boolean not null,
  expires_at timestamptz not null
);
create index sign_in_attempts_by_end on sign_in_attempts (expires_at);
