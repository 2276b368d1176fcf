-- The orders whose cancellation has to be alive.
create index concurrently orders_cancelling on orders (order_id) where cancelling
