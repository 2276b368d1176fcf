-- The triggers. Applied after the functions that they call, and again whenever this file has changed.

create or replace trigger announce_order_event after insert on order_events
  for each row when (new.announced is not false) execute function announce_order_event();

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

-- Whatever makes pieces available, orders that are short get them first.
create or replace trigger fill_oversold_level after update of available on stock_levels
  for each row when (new.available > 0 and new.oversold > 0) execute function fill_oversold_level();

-- Processes of this release do not write `on_hand` of an item.
create or replace trigger copy_inserted_item_of_previous_release after insert on stock_items
  for each row when (new.on_hand > 0) execute function copy_item_of_previous_release();

create or replace trigger copy_item_of_previous_release after update of on_hand on stock_items
  for each row execute function copy_item_of_previous_release();

-- Since when a level is low or out. A level without `low_at` costs a comparison.
create or replace trigger watch_stock_level before insert or update of available, oversold, low_at, rearm_at on stock_levels
  for each row when (new.low_at is not null or new.low_since is not null or new.alert_state <> 'ok')
  execute function watch_stock_level();

-- Also where no row matches, so that a mistake is found at once.
create or replace trigger refuse_log_change before update or delete or truncate on audit_log
  for each statement execute function refuse_log_change();

create or replace trigger refuse_brake_change before update or delete on brakes
  for each row execute function refuse_brake_change();

create or replace trigger notify_of_brake after insert or update of released_at on brakes
  for each statement execute function notify_of_brake();
