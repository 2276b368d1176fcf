-- For the queues: authorised money that is neither captured nor released, by when the authorisation ends.
create index concurrently payments_by_end_of_hold on payments (capture_before) where capturable > 0
