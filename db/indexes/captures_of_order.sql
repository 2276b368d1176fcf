create index concurrently captures_of_order on captures (order_id)
