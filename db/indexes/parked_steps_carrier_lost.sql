-- For the queues: the orders that no workflow carries on, oldest first.
create index concurrently parked_steps_carrier_lost on parked_steps (since) where step = 'carryOrder'
