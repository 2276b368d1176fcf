-- The claim of an order says which workflow carries it, and by which epoch. Its steps are refused once another run has a higher one.
--
-- The processes of the version before continue to work: their runs have no epoch, which counts as the first.
alter table order_claims
  add column epoch        integer not null default 1,
  -- How often in a row the order was given to another run because its run was gone, and when last. See `take_over_orders`.
  add column restarts     integer not null default 0,
  add column restarted_at timestamptz;

-- One row: which process looks for orders whose workflow is gone, and how far it has come.
create table carrier_sweeps (
  singleton    boolean primary key default true check (singleton),
  lease        text,
  leased_until timestamptz,
  started_at   timestamptz,
  finished_at  timestamptz,
  -- Workflows that have closed before this time were looked at.
  closed_until timestamptz
);
insert into carrier_sweeps default values;
