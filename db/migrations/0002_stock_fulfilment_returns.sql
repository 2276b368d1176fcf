-- Stock by location, and what happens to an order after its payment: shipments, returns, alerts. Amounts are in minor units.
--
-- The processes of 0.2 continue to work: they reserve and sell through functions, which are replaced, and what they still write to
-- the old columns of `stock_items` a trigger copies to the default location.

-- Where stock is.
create table locations (
  location_id text primary key check (location_id ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
  name        text not null,
  -- Allocation tries locations in ascending order.
  priority    integer not null default 100,
  -- {name, line1, line2?, city, state?, postalCode, country, phone?}: the address that parcels are sent from and returned to.
  address     jsonb,
  -- An inactive location keeps its stock and ships what is allocated to it; nothing new is allocated to it.
  active      boolean not null default true,
  created_at  timestamptz not null default clock_timestamp(),
  updated_at  timestamptz not null default clock_timestamp()
);
insert into locations (location_id, name, priority) values ('default', 'Default location', 0);

-- `stock_items` is the catalogue: title and price. The counts are in `stock_levels`. The columns of 0.2 (on_hand, held, sold, received,
-- low_at, sequence) are written by processes of 0.2 only; a later release drops them.
alter table stock_items drop constraint stock_adds_up,
  alter column on_hand set default 0, alter column received set default 0,
  -- Of one piece, for labels. Null: not known.
  add column weight_grams bigint check (weight_grams > 0);

-- The counts of one item at one location: each piece that is physically there is available, held, committed, or unavailable.
create table stock_levels (
  sku         text not null references stock_items,
  location_id text not null references locations,
  -- Can be sold.
  available   bigint not null default 0 check (available >= 0),
  -- Reserved by orders that are not paid yet.
  held        bigint not null default 0 check (held >= 0),
  -- Paid and not handed over yet.
  committed   bigint not null default 0 check (committed >= 0),
  -- Damaged, in quality control, or safety stock.
  unavailable bigint not null default 0 check (unavailable >= 0),
  on_hand     bigint not null generated always as (available + held + committed + unavailable) stored,
  -- Allocated to orders and not there: the sum of `reservations.short`. The next pieces that arrive go to these orders.
  oversold    bigint not null default 0 check (oversold >= 0),
  -- Taken by paid orders, net of cancellations.
  sold        bigint not null default 0 check (sold >= 0),
  -- An alert is raised when `available` is this or less for a minute; null: no alerts.
  low_at      bigint check (low_at >= 0),
  -- The next alert needs `available` to reach this first; null: low_at plus a fifth, at least one more.
  rearm_at    bigint,
  alert_state text not null default 'ok' check (alert_state in ('ok', 'low', 'out')),
  -- Since when the level is low, or out, without an alert of that; null: it is not, or the alert was raised. Kept by a trigger.
  low_since   timestamptz,
  -- The sequence number of the newest `PUT /v1/stock/{sku}`; older ones are ignored.
  sequence    bigint,
  -- The time of the newest physical count that was applied; counts of an earlier time are stale.
  counted_at  timestamptz,
  -- Pieces that were handed over until then are not among the pieces of the newest physical count: a hand-over that is reported later
  -- does not take them once more. Null: nothing was counted, or it was reported since what can be sold.
  hand_overs_counted_at timestamptz,
  updated_at  timestamptz not null default clock_timestamp(),
  primary key (sku, location_id),
  constraint stock_levels_rearm_above_low check (rearm_at > low_at)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 1000);
create index stock_levels_by_location on stock_levels (location_id, sku);
create index stock_levels_low on stock_levels (low_since) where low_since is not null;

-- Every change of a level, appended in the transaction that makes it. The counts of a level are the sums of its movements.
create table stock_movements (
  movement_id bigint generated always as identity,
  sku         text not null,
  location_id text not null,
  kind        text not null check (kind in ('received', 'held', 'released', 'committed', 'shipped', 'returned', 'adjusted')),
  -- What was added to each count; negative: taken from it.
  available   bigint not null default 0,
  held        bigint not null default 0,
  committed   bigint not null default 0,
  unavailable bigint not null default 0,
  order_id    text,
  -- The shipment, return or sync source that caused it.
  reference   text,
  -- Why stock was adjusted, or what became of a returned piece; a stable code.
  reason      text,
  at          timestamptz not null default clock_timestamp(),
  primary key (sku, location_id, movement_id)
);
-- What physically arrived and left, for counts that are reported later than they were taken. Holds and releases are not in it.
create index stock_movements_physical on stock_movements (sku, location_id, at)
  where available + held + committed + unavailable <> 0;

insert into stock_levels (sku, location_id, available, held, sold, low_at, low_since, sequence)
select sku, 'default', on_hand, held, sold, low_at, case when on_hand <= low_at then clock_timestamp() end, sequence
  from stock_items;
insert into stock_movements (sku, location_id, kind, available, reason)
select sku, 'default', 'adjusted', on_hand + held, 'migrated' from stock_items where on_hand > 0 or held > 0;
insert into stock_movements (sku, location_id, kind, available, held, order_id, reason)
select r.sku, 'default', 'held', -r.quantity, r.quantity, r.order_id, 'migrated'
  from reservations r join orders o using (order_id) where r.state = 'held' order by o.created_at, o.order_id, r.sku;

-- The newest sequence number of each source that was applied. An operator may reset it.
create table stock_sequences (
  source      text not null,
  location_id text not null references locations,
  sku         text not null,
  sequence    bigint not null,
  applied_at  timestamptz not null default clock_timestamp(),
  primary key (source, location_id, sku)
);

-- A reservation is held for an unpaid order, committed when it is paid, consumed when all of it has left, or released. An order
-- without an address is handed over when it is paid. An order may be split over several locations. Pieces that are cancelled are
-- taken from the quantity.
alter table reservations
  add column location_id text not null default 'default',
  -- The part of the quantity that is not there, because a count found less than was allocated. Parked for an operator once it is paid.
  add column short bigint not null default 0 check (short >= 0),
  -- The part of the quantity that was handed over by shipments. An order without an address has none.
  add column shipped bigint not null default 0 check (shipped >= 0),
  add constraint reservations_within_quantity check (short + shipped <= quantity),
  drop constraint reservations_sku_fkey,
  add foreign key (sku, location_id) references stock_levels,
  drop constraint reservations_state_check,
  add constraint reservations_state_check check (state in ('held', 'committed', 'consumed', 'released')),
  drop constraint reservations_pkey,
  add primary key (order_id, sku, location_id);
create index reservations_short on reservations (sku, location_id) where short > 0;

alter table orders
  -- The language of the customer's mails: en, de or zh. Null: en.
  add column locale text,
  add column closed_at timestamptz;

-- What has happened to each line of an order since it was paid. Written when something first happens to the order's lines.
create table order_lines (
  order_id        text not null references orders,
  -- The position of the line in the order, from 1.
  line            integer not null check (line >= 1),
  sku             text not null,
  quantity        bigint not null check (quantity > 0),
  -- What the customer pays for the whole line.
  amount          bigint not null check (amount >= 0),
  -- Pieces.
  cancelled       bigint not null default 0 check (cancelled >= 0),
  shipped         bigint not null default 0 check (shipped >= 0),
  delivered       bigint not null default 0 check (delivered >= 0),
  returned        bigint not null default 0 check (returned >= 0),
  refunded        bigint not null default 0 check (refunded >= 0),
  -- Minor units; the money of `refunded` pieces. Parts of a line always sum to its amount.
  refunded_amount bigint not null default 0 check (refunded_amount >= 0),
  -- The money of `refunded` pieces that did not go back: it was not captured and is not captured any more, or it had gone back before.
  uncaptured_amount bigint not null default 0 check (uncaptured_amount >= 0),
  primary key (order_id, line),
  constraint order_lines_within_quantity check (cancelled + shipped <= quantity),
  constraint order_lines_delivered_after_shipped check (delivered <= shipped),
  constraint order_lines_returned_after_delivered check (returned <= delivered),
  constraint order_lines_refunded_within_quantity check (refunded <= quantity),
  constraint order_lines_refunded_within_amount check (refunded_amount + uncaptured_amount <= amount)
);

-- Why a refund was made. [{line, quantity, amount}] where the pieces are known that it is for. The amount is 0, and there may be no
-- payment, where pieces are cancelled or returned that cost nothing or were not captured.
alter table refunds
  add column lines jsonb,
  alter column attempt drop not null,
  alter column payment_intent_id drop not null,
  drop constraint refunds_amount_check,
  add constraint refunds_amount_check check (amount >= 0),
  drop constraint refunds_kind_check,
  add constraint refunds_kind_check check (kind in ('requested', 'cancellation', 'line_cancellation', 'return', 'lost'));

create table shipments (
  -- `shp_<the order's id without its prefix>_<number>`
  shipment_id         text primary key,
  order_id            text not null references orders,
  number              integer not null check (number >= 1),
  location_id         text not null references locations,
  status              text not null check (status in (
    'pending', 'allocated', 'label_bought', 'handed_over', 'in_transit', 'out_for_delivery', 'delivered',
    'on_hold', 'cancelled', 'returning', 'lost')),
  -- `carrier`: we buy the label. `warehouse`: the shop's own warehouse system reports the hand-over.
  mode                text not null check (mode in ('carrier', 'warehouse')),
  -- The status before the shipment was put on hold.
  held_status         text,
  -- The idempotency key of the request that reported it, and the SHA-256 of its body, where the warehouse did.
  report_key          text,
  request_hash        text,
  carrier             text,
  service             text,
  tracking_code       text,
  tracking_url        text,
  label_url           text,
  -- The carrier's ids: kept before the label is bought, so that it is bought once.
  carrier_shipment_id text unique,
  tracker_id          text,
  -- The price of the label, minor units of its currency.
  label_cost          bigint,
  label_currency      text,
  -- The refund of an unused label; null: none was asked for.
  label_refund        text check (label_refund in ('wanted', 'submitted', 'refunded', 'rejected', 'not_applicable')),
  -- The newest facts of the carrier, newest last: [{at, status, message?, city?, country?}].
  tracking            jsonb not null default '[]',
  -- When the carrier is asked for the tracker next; null: not at all.
  next_check_at       timestamptz,
  checks              integer not null default 0,
  -- When the carrier said that the tracker has changed, until it is asked; null: it has not said so since.
  tracker_changed_at  timestamptz,
  -- The shipment that was sent in place of this lost one.
  replaces            text references shipments,
  handed_over_at      timestamptz,
  delivered_at        timestamptz,
  created_at          timestamptz not null default clock_timestamp(),
  updated_at          timestamptz not null default clock_timestamp(),
  unique (order_id, number),
  unique (order_id, report_key)
) with (fillfactor = 80);
create index shipments_by_tracker on shipments (tracker_id) where tracker_id is not null;
create index shipments_by_replaced on shipments (replaces) where replaces is not null;
create index shipments_newest on shipments (created_at desc, shipment_id desc);
-- For lists by a status that few shipments have, such as on_hold. Most are delivered: those are found by `shipments_newest`.
create index shipments_by_status on shipments (status, created_at desc, shipment_id desc) where status not in ('delivered', 'cancelled');

create table shipment_lines (
  shipment_id text not null references shipments,
  line        integer not null,
  sku         text not null,
  quantity    bigint not null check (quantity > 0),
  primary key (shipment_id, line)
);

create table returns (
  -- `ret_…`, derived from the order and the idempotency key.
  return_id           text primary key,
  order_id            text not null references orders,
  number              integer not null check (number >= 1),
  status              text not null check (status in ('requested', 'open', 'declined', 'cancelled', 'closed')),
  reason              text,
  note                text,
  request_hash        text not null,
  -- [{sku, quantity}]: the lines of the order that is placed when the goods have arrived; null: no exchange.
  exchange            jsonb,
  exchange_state      text not null default 'none' check (exchange_state in ('none', 'wanted', 'placed', 'skipped')),
  -- The order that an exchange has made.
  exchange_order_id   text,
  -- The label for the parcel that the customer sends: `wanted` from the opening of the return until it is bought or an operator
  -- has skipped it.
  label               text not null default 'none' check (label in ('none', 'wanted', 'bought', 'skipped')),
  carrier_shipment_id text unique,
  carrier             text,
  tracking_code       text,
  label_url           text,
  created_at          timestamptz not null default clock_timestamp(),
  updated_at          timestamptz not null default clock_timestamp(),
  unique (order_id, number)
);
create index returns_newest on returns (created_at desc, return_id desc);
create index returns_by_status on returns (status, created_at desc, return_id desc) where status in ('requested', 'open');

create table return_lines (
  return_id text not null references returns,
  line      integer not null,
  sku       text not null,
  quantity  bigint not null check (quantity > 0),
  -- Pieces received so far, whatever became of them; `missing` pieces are not in it.
  received  bigint not null default 0 check (received >= 0),
  missing   bigint not null default 0 check (missing >= 0),
  primary key (return_id, line),
  constraint return_lines_within_quantity check (received + missing <= quantity)
);

-- What became of returned pieces, one row for each line of each receipt.
create table return_receipts (
  return_id   text not null references returns,
  -- Identifies the report, so that the same report counts once.
  receipt_id  text not null,
  line        integer not null,
  disposition text not null check (disposition in ('restocked', 'not_restocked', 'processing', 'missing')),
  quantity    bigint not null check (quantity > 0),
  location_id text not null references locations,
  refund_id   text,
  at          timestamptz not null default clock_timestamp(),
  primary key (return_id, receipt_id, line, disposition)
);

-- Alerts that were raised: one when a level becomes low or out, and one more when a low level becomes out.
create table stock_alerts (
  alert_id      bigint generated always as identity primary key,
  sku           text not null,
  location_id   text not null,
  state         text not null check (state in ('low', 'out')),
  available     bigint not null,
  low_at        bigint not null,
  raised_at     timestamptz not null default clock_timestamp(),
  -- `none`: nobody is sent alerts.
  mail_status   text not null check (mail_status in ('pending', 'sent', 'failed', 'none')),
  mail_attempts integer not null default 0,
  -- When its mail is sent next. Set ahead when the mail is claimed, so that no other process sends it meanwhile.
  mail_due_at   timestamptz not null default clock_timestamp(),
  -- Why the last attempt has failed: the response code of the mail server, or a stable code.
  mail_error    text,
  mailed_at     timestamptz
);
create index stock_alerts_of_item on stock_alerts (sku, alert_id desc);
create index stock_alerts_unmailed on stock_alerts (mail_due_at) where mail_status = 'pending';
create index stock_alerts_failed on stock_alerts (alert_id desc) where mail_status = 'failed';

-- Who wants to know when an item can be bought again. The customer confirms the subscription by a link first.
create table stock_subscriptions (
  subscription_id text primary key,
  client_id       text not null,
  sku             text not null references stock_items,
  email           text not null,
  locale          text,
  status          text not null default 'requested' check (status in ('requested', 'confirmed', 'notified', 'cancelled')),
  -- The mail that has to be sent; null: none.
  mail            text check (mail in ('back_in_stock_confirm', 'back_in_stock')),
  -- Since when the mail has to be sent, or had to be.
  mail_since      timestamptz not null default clock_timestamp(),
  -- When the mail is sent next. Set ahead when it is claimed, so that no other process sends it meanwhile.
  mail_due_at     timestamptz not null default clock_timestamp(),
  mail_attempts   integer not null default 0,
  mail_error      text,
  created_at      timestamptz not null default clock_timestamp(),
  confirmed_at    timestamptz,
  notified_at     timestamptz,
  ended_at        timestamptz
);
create unique index stock_subscriptions_once on stock_subscriptions (client_id, sku, lower(email)) where status in ('requested', 'confirmed');
create index stock_subscriptions_waiting on stock_subscriptions (sku, created_at) where status = 'confirmed';
create index stock_subscriptions_notified on stock_subscriptions (sku, notified_at) where status = 'notified';
create index stock_subscriptions_unmailed on stock_subscriptions (mail_due_at, created_at) where mail is not null;
create index stock_subscriptions_of_address on stock_subscriptions (lower(email));
create index stock_subscriptions_unconfirmed on stock_subscriptions (mail_since) where status = 'requested';
create index stock_subscriptions_ended on stock_subscriptions (ended_at) where ended_at is not null;

-- The tokens in the links of mails, to confirm and to unsubscribe. Each mail has one of its own.
create table stock_subscription_tokens (
  -- SHA-256 of the token, which is stored nowhere.
  token_hash      text primary key,
  subscription_id text not null references stock_subscriptions on delete cascade
);
create index stock_subscription_tokens_of_subscription on stock_subscription_tokens (subscription_id);

-- Events of stock are in the same feed as those of orders. Their `order_id` is `stock/<sku>/<location>`.
alter table order_events drop constraint order_events_order_id_fkey;
