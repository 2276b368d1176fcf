-- Authorised money that is neither captured nor released, of orders of any age.
create index concurrently payments_open_authorizations on payments (order_id) where capturable > 0
