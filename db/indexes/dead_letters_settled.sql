-- Dead letters that an operator has replayed or discarded, which are deleted after their time.
create index concurrently dead_letters_settled on dead_letters (settled_at) where settled_at is not null
