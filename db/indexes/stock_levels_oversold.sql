-- For the queues: the levels of which orders are short.
create index concurrently stock_levels_oversold on stock_levels (sku) where oversold > 0
