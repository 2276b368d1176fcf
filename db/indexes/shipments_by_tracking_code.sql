-- For the search.
create index concurrently shipments_by_tracking_code on shipments (tracking_code) where tracking_code is not null
