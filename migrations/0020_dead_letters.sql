-- Messages that could not be done: written before the broker may forget them, kept for an operator. The id is made of what the
-- message is, so the same one that comes again is the same row.
create table dead_letters (
  dead_letter_id text primary key,
  source         text not null check (source in ('rabbitmq', 'kafka', 'zeromq')),
  -- Where in the broker it was when it first came.
  position       text not null,
  message_id     text,
  type           text,
  content_type   text,
  -- Of a CloudEvent in binary mode.
  attributes     jsonb not null default '{}',
  -- The very bytes.
  body           bytea not null,
  state          text not null check (state in ('retrying', 'waiting', 'replayed', 'discarded')),
  -- A stable code; what it means for people; the fields that are wrong.
  reason         text not null,
  detail         text not null,
  errors         jsonb not null default '[]',
  -- How often it was tried, and how often the message has come.
  attempts       integer not null default 1,
  arrivals       integer not null default 1,
  first_seen_at  timestamptz not null default clock_timestamp(),
  last_seen_at   timestamptz not null default clock_timestamp(),
  -- When it is tried again; whoever tries it first moves this on, so that nobody else does.
  retry_at       timestamptz,
  -- When the broker's own dead queue or topic has got it.
  published_at   timestamptz,
  settled_at     timestamptz,
  -- What became of replaying it.
  order_id       text,
  note           text,
  check ((state = 'retrying') = (retry_at is not null))
);
create index dead_letters_newest on dead_letters (first_seen_at desc, dead_letter_id desc);
create index dead_letters_waiting on dead_letters (first_seen_at, dead_letter_id) where state = 'waiting';
create index dead_letters_due on dead_letters (retry_at) where state = 'retrying';
create index dead_letters_unpublished on dead_letters (source, first_seen_at) where state = 'waiting' and published_at is null;
