-- For the search.
create index concurrently returns_by_tracking_code on returns (tracking_code) where tracking_code is not null
