-- For look_at_order_events: events without a tick of which their own transactions do not notify. Few are, also under load.
create index concurrently order_events_unannounced on order_events (inserted_by) where announced = false and coalesce(tx, -1) = -1
