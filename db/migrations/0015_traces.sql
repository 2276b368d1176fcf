-- Where the order was placed in its trace, as the W3C writes it: what happens to the order later belongs to that trace, also after a
-- restart. Null: it has no trace.
alter table orders add column traceparent text;
