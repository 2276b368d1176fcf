-- What each audit found: one row a run, written as it begins and finished once.
create table audits (
  audit_id         text primary key,
  -- Orders placed before it were left out; null: every order.
  since            timestamptz,
  started_at       timestamptz not null default clock_timestamp(),
  finished_at      timestamptz,
  -- How many of each were looked at, so far while it runs.
  checked          jsonb not null default '{}',
  difference_count integer not null default 0,
  -- [{rule, orderId?, ids, detail, whatToDo}], the first thousand.
  differences      jsonb not null default '[]'
);
create index audits_newest on audits (started_at desc, audit_id desc);
