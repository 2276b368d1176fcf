-- The captures whose workflow has to be alive.
create index concurrently captures_pending on captures (order_id) where status = 'pending'
