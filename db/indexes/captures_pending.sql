create index concurrently captures_pending on captures (order_id) where status = 'pending'
