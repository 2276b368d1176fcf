-- Brakes: what operators have paused, and have paused before. See db/functions/brakes.sql for what may change of a row.
create table brakes (
  brake_id           bigint generated always as identity primary key,
  kind               text not null check (kind in ('intake', 'provider', 'sku')),
  -- Of the intake `all`, the way in, or the source of CloudEvents; of the provider its name; of an item its SKU.
  target             text not null,
  reason             text not null,
  set_at             timestamptz not null default clock_timestamp(),
  set_client_id      text not null,
  set_key_id         text not null,
  -- Null: the request had an API key instead of a session.
  set_session_id     text,
  released_at        timestamptz,
  release_reason     text,
  release_client_id  text,
  release_key_id     text,
  release_session_id text,
  -- How many orders and messages it has refused or delayed.
  affected           bigint not null default 0,
  check ((released_at is null) = (release_reason is null))
);
create unique index brakes_on on brakes (kind, target) where released_at is null;

