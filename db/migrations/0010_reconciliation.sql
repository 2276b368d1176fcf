-- What other people and systems do with a payment at the provider is recorded like what this service does.
--
-- The processes of the version before continue to work: the constraints only allow more than before.
alter table payments
  -- Why the authorisation holds no money any more, where this service did not end it: 'expired' when its time was over, 'released' when
  -- somebody has cancelled it.
  add column hold_ended text,
  add constraint payments_hold_ended_check check (hold_ended in ('expired', 'released')),
  -- What the last reconciliation that changed the payment has returned, with its request: a repetition changes nothing and returns it again.
  add column reconciliation jsonb;

alter table refunds
  -- The provider's own id of a refund that this service did not request.
  add column provider_refund_id text,
  drop constraint refunds_kind_check,
  add constraint refunds_kind_check
    check (kind in ('requested', 'cancellation', 'line_cancellation', 'return', 'lost', 'provider'));

create unique index refunds_provider_refund_id_key on refunds (provider_refund_id) where provider_refund_id is not null;

-- A late payment is recorded when it is found, before its money has gone back.
drop index payments_one_captured;
create unique index payments_one_captured on payments (order_id)
  where captured > refunded and settled_by_hand is null and not late;

-- Why the order is cancelled, from when a run has accepted that. A later run of the order has to know it, too. See `record_cancel_requests`.
alter table order_claims add column cancel_reason text;
