-- Events that have no position in the feed yet, by the transaction that inserted them. The condition is not `tx is null`, because for
-- that PostgreSQL may choose the index of the feed, which finds every old version of an event that was given a position.
create index concurrently order_events_unnumbered on order_events (inserted_by) where coalesce(tx, -1) = -1
