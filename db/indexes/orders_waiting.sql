-- For the queues: the orders that a reviewer or the payment provider has to decide, oldest first.
create index concurrently orders_waiting on orders (status, created_at) where status in ('in_review', 'payment_unknown')
