-- For the queues: the steps that wait for an operator and have no queue of their own, oldest first.
create index concurrently parked_steps_by_age on parked_steps (since) where step not in ('carryOrder', 'respondToDispute')
