-- Who has caused an event, a movement of stock or an operation, and why: {type, id?, sessionId?, name?, batchId?}. Null: a version before has
-- written the row.
--
-- The functions set both for their transaction (`act_as`), so that whatever they change has them. Where nothing is set it was this service
-- itself, as with the processes of the version before, which say nothing of who has asked.
alter table order_events add column actor jsonb, add column reason text;
alter table order_events
  alter column actor set default coalesce(nullif(current_setting('durable_checkout.actor', true), '')::jsonb, '{"type": "system"}'),
  alter column reason set default nullif(current_setting('durable_checkout.reason', true), '');

-- Movements have a reason already, which is a code.
alter table stock_movements add column actor jsonb;
alter table stock_movements
  alter column actor set default coalesce(nullif(current_setting('durable_checkout.actor', true), '')::jsonb, '{"type": "system"}');

-- Who has asked for the operation.
alter table refunds add column actor jsonb;
alter table refunds
  alter column actor set default coalesce(nullif(current_setting('durable_checkout.actor', true), '')::jsonb, '{"type": "system"}');
alter table captures add column actor jsonb, add column reason text;
alter table captures
  alter column actor set default coalesce(nullif(current_setting('durable_checkout.actor', true), '')::jsonb, '{"type": "system"}'),
  alter column reason set default nullif(current_setting('durable_checkout.reason', true), '');

-- Who has asked for the last change: requested or decided a return, reported or changed a shipment, tried a parked step again, counted a
-- level, replayed or discarded a dead letter, added or changed an endpoint, started an audit. A shipment that this service has planned has none.
alter table returns add column actor jsonb;
alter table shipments add column actor jsonb, add column reason text;
alter table parked_steps add column actor jsonb, add column note text;
alter table stock_levels add column counted_by jsonb;
alter table dead_letters add column actor jsonb;
alter table audits add column actor jsonb;
alter table webhook_endpoints add column actor jsonb;

-- Who has asked to cancel an order, with `cancel_reason`.
alter table order_claims add column cancel_actor jsonb;

-- Entries of changes, beside those of sign-ins and of revealed customers. `client_id` is the client of the actor.
alter table audit_log
  add column actor       jsonb,
  -- What was changed: 'order', 'sku', 'dead_letter', 'webhook_endpoint' and others, and its id.
  add column object_type text,
  add column object_id   text,
  -- In the words of the actor.
  add column reason      text,
  -- Null: the actor has sent a message, which has no key.
  alter column key_id drop not null;
