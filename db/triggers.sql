-- The triggers. Applied after the functions that they call, and again whenever this file has changed.

create or replace trigger announce_order_event after insert on order_events
  for each row execute function announce_order_event();

create or replace trigger assign_event_transaction before insert on order_events
  for each row execute function assign_event_transaction();

-- The conditions are evaluated without calling the function: a permitted change costs a comparison. A transaction of an operator
-- that has `set local checkout.repair = 'on'` may set any status (docs/guides/operate.md).
create or replace trigger refuse_first_status before insert on orders
  for each row when (new.status <> all (first_order_statuses())
                     and current_setting('checkout.repair', true) is distinct from 'on')
  execute function refuse_first_status();

create or replace trigger refuse_status_change before update of status on orders
  for each row when (old.status is distinct from new.status and new.status <> all (next_order_statuses(old.status))
                     and current_setting('checkout.repair', true) is distinct from 'on')
  execute function refuse_status_change();
