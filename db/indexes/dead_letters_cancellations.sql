-- Cancellations by message that wait for their order, by the order.
create index concurrently dead_letters_cancellations on dead_letters (order_id) where state = 'retrying' and order_id is not null
