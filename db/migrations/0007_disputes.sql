-- Disputes of payments at the provider. The processes of the version before know of none, and continue to work.
create table disputes (
  -- The provider's id.
  dispute_id        text primary key,
  order_id          text not null references orders,
  payment_intent_id text not null,
  -- What the customer disputes, in minor units.
  amount            bigint not null check (amount >= 0),
  currency          text not null,
  -- The provider's words: `fraudulent`, `product_not_received` and others, `needs_response`, `lost` and others.
  reason            text not null,
  status            text not null,
  -- Until when the provider takes evidence.
  evidence_due_at   timestamptz,
  -- The provider has taken the amount from the shop's balance, and has not given it back.
  funds_withdrawn   boolean not null,
  opened_at         timestamptz not null,
  -- When it was heard that the dispute is closed.
  closed_at         timestamptz,
  -- The provider was asked at this time or later. What was asked for earlier is older, and is not written over it.
  as_of             timestamptz not null,
  updated_at        timestamptz not null default clock_timestamp()
);
create index disputes_of_order on disputes (order_id, opened_at);
create index disputes_newest on disputes (opened_at desc, dispute_id desc);
create index disputes_due on disputes (evidence_due_at) where closed_at is null;

-- When it is too late for the operator to act; null: the step waits for as long as it takes.
alter table parked_steps add column deadline timestamptz;
