-- Which status an order may have, and which status may follow. `src/domain/order-status.ts` holds the same table.

-- The statuses that may follow a status; none: the order ends in it. A workflow may be further than its row here, as after the
-- restore of a backup, and still ends the order as it has decided: so all failures that can happen later may follow at once.
create or replace function next_order_statuses(p_status text) returns text[] language sql immutable as $$
  select case p_status
    when 'placed' then array['reserved', 'out_of_stock', 'payment_failed', 'rejected', 'expired', 'cancelled']
    when 'reserved' then array['in_review', 'awaiting_customer', 'payment_unknown', 'paid', 'payment_failed', 'rejected',
                               'expired', 'cancelled']
    when 'in_review' then array['reserved', 'awaiting_customer', 'payment_unknown', 'paid', 'payment_failed', 'rejected',
                                'expired', 'cancelled']
    when 'awaiting_customer' then array['payment_unknown', 'paid', 'payment_failed', 'rejected', 'expired', 'cancelled']
    when 'payment_unknown' then array['awaiting_customer', 'paid', 'payment_failed', 'rejected', 'expired', 'cancelled']
    when 'paid' then array['shipped', 'cancelled', 'refunded']
    when 'shipped' then array['delivered', 'refunded']
    when 'delivered' then array['closed', 'refunded']
    when 'closed' then array['refunded']
    -- A refund that was made in the provider's dashboard has failed.
    when 'refunded' then array['paid', 'shipped', 'delivered', 'closed']
    else '{}'
  end;
$$;

-- The statuses in which a row of `orders` may be inserted: an order is written when the outcome of its reservation is known.
create or replace function first_order_statuses() returns text[] language sql immutable as $$
  select array['placed', 'reserved', 'out_of_stock', 'rejected'];
$$;

-- Whether the order becomes paid or fails is not decided yet.
create or replace function open_order_statuses() returns text[] language sql immutable as $$
  select array['placed', 'reserved', 'in_review', 'awaiting_customer', 'payment_unknown'];
$$;

-- The order is paid, and its money has not gone back.
create or replace function paid_order_statuses() returns text[] language sql immutable as $$
  select array['paid', 'shipped', 'delivered', 'closed'];
$$;

-- The order has ended without payment, or was cancelled after it was paid.
create or replace function failed_order_statuses() returns text[] language sql immutable as $$
  select array['out_of_stock', 'payment_failed', 'rejected', 'expired', 'cancelled'];
$$;

-- No money of the customer is kept.
create or replace function ended_order_statuses() returns text[] language sql immutable as $$
  select failed_order_statuses() || array['refunded'];
$$;

create or replace function refuse_first_status() returns trigger language plpgsql as $$
begin
  raise exception 'Order % cannot be inserted as %: an order begins as one of %.', new.order_id, new.status,
    array_to_string(first_order_statuses(), ', ') using errcode = '23S02';
end $$;

create or replace function refuse_status_change() returns trigger language plpgsql as $$
begin
  raise exception 'Order % cannot change from % to %: % may be followed by %.', new.order_id, old.status, new.status, old.status,
    coalesce(nullif(array_to_string(next_order_statuses(old.status), ', '), ''), 'nothing') using errcode = '23S01';
end $$;
