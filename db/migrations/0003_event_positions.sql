-- Until when a process may publish the dead letter to the dead-letter queue or topic of its broker. Null: no process is doing it.
alter table dead_letters add column publish_lease_until timestamptz;
