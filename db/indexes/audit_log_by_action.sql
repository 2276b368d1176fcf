-- For the entries of one action in the log, newest first: one that is rare would be looked for in the whole log.
create index concurrently audit_log_by_action on audit_log (action, entry_id)
