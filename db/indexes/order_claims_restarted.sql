-- The orders that were given to another run, of which there are few.
create index concurrently order_claims_restarted on order_claims (restarted_at) where restarted_at is not null
