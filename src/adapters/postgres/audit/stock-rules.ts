import { AUDITED_ORDERS, type AuditRule, HAS_FAILED, IS_PAID } from './rule.ts';

const STOCK_WRONG =
  'Find the change that was made without our SQL functions. Then correct the level and its movements in PostgreSQL, in one transaction.';

const levelIds = (table: string): string =>
  `jsonb_build_object('sku', ${table}.sku, 'location', ${table}.location_id)`;

/**
 * Compares a count of every level with a sum over the reservations in some states. One pass over the reservations: an index by level
 * would cost each order more than it would save here.
 */
const equalsReservations = (code: string, count: string, sum: string, states: string): AuditRule => ({
  code,
  whatToDo: STOCK_WRONG,
  of: 'audit',
  sql: `
      select null as order_id, ${levelIds('l')} as ids,
             format('the level has %s ${count}, and its reservations have %s', l.${count}, coalesce(r.pieces, 0)) as detail
        from stock_levels l
        left join (select sku, location_id, sum(${sum}) as pieces from reservations where state in (${states})
                    group by 1, 2) r using (sku, location_id)
       where l.${count} <> coalesce(r.pieces, 0)`,
});

/** Each piece at a location is available, backs a reservation, or is unavailable, and every change of these counts is a movement. */
export const STOCK_RULES: readonly AuditRule[] = [
  {
    code: 'stock_sum',
    whatToDo: STOCK_WRONG,
    of: 'levels',
    sql: `
      select null as order_id, ${levelIds('l')} as ids,
             format('%s available, %s held, %s committed and %s unavailable; by the movements %s, %s, %s and %s', l.available,
               l.held, l.committed, l.unavailable, s.available, s.held, s.committed, s.unavailable) as detail
        from audit_levels l cross join audit_window w
             left join stock_checkpoints c on not w.recounts and c.sku = l.sku and c.location_id = l.location_id
             cross join lateral (
               select coalesce(c.available, 0) + coalesce(sum(available), 0) as available,
                      coalesce(c.held, 0) + coalesce(sum(held), 0) as held,
                      coalesce(c.committed, 0) + coalesce(sum(committed), 0) as committed,
                      coalesce(c.unavailable, 0) + coalesce(sum(unavailable), 0) as unavailable
                 from stock_movements m
                where m.sku = l.sku and m.location_id = l.location_id and m.movement_id > coalesce(c.movement_id, 0)) s
       where (l.available, l.held, l.committed, l.unavailable) is distinct from
             (s.available, s.held, s.committed, s.unavailable)`,
  },
  equalsReservations('stock_held', 'held', 'quantity - short - shipped', `'held'`),
  equalsReservations('stock_committed', 'committed', 'quantity - short - shipped', `'committed'`),
  equalsReservations('stock_oversold', 'oversold', 'short', `'held', 'committed'`),
  equalsReservations('stock_sold', 'sold', 'quantity', `'committed', 'consumed'`),
  {
    code: 'stock_short_while_available',
    whatToDo:
      'Pieces are available that orders are short of. Write the level once more by `PUT /v1/stock/{sku}`, with the count that it has.',
    of: 'levels',
    sql: `
      select null as order_id, ${levelIds('l')} as ids,
             format('%s are available, and orders are short of %s', l.available, l.oversold) as detail
        from audit_levels l where l.available > 0 and l.oversold > 0`,
  },
  {
    code: 'reservation_state',
    whatToDo:
      'See the events of the order. Correct the reservation and its level in PostgreSQL, in one transaction.',
    // What was cancelled of a paid order, or allocated to another location, is released.
    sql: `
      select o.order_id, ${levelIds('r')} as ids,
             format('the reservation is %s, and the order is %s', r.state, o.status) as detail
        from ${AUDITED_ORDERS} join reservations r using (order_id)
       where r.state <> all (case
               when o.outcome_at is null then array['held']
               when ${IS_PAID} and o.shipping is null then array['consumed', 'released']
               when ${IS_PAID} or o.status = 'refunded' then array['committed', 'consumed', 'released']
               when r.shipped > 0 then array['consumed']
               else array['released'] end)
          or r.state = 'released' and r.short + r.shipped > 0`,
  },
  {
    code: 'reservation_quantity',
    whatToDo:
      'See the events of the order. Correct its reservations and the levels in PostgreSQL, in one transaction.',
    sql: `
      with kept as (
        select o.order_id, o.status, o.lines from ${AUDITED_ORDERS}
         where o.status <> 'placed' and not ${HAS_FAILED}
      ), ordered as (
        select k.order_id, x.ordered ->> 'sku' as sku,
               sum((x.ordered ->> 'quantity')::bigint - coalesce(l.cancelled, 0)) as quantity
          from kept k cross join jsonb_array_elements(k.lines) with ordinality x (ordered, n)
          left join order_lines l on l.order_id = k.order_id and l.line = x.n group by 1, 2
      ), sent_again as (
        select s.order_id, sl.sku, sum(sl.quantity) as quantity
          from kept join shipments s using (order_id) join shipment_lines sl using (shipment_id)
         where exists (select from shipments again where again.replaces = s.shipment_id) group by 1, 2
      ), wanted as (
        select order_id, sku, ordered.quantity + coalesce(sent_again.quantity, 0) as quantity
          from ordered left join sent_again using (order_id, sku)
      ), reserved as (
        select r.order_id, r.sku, sum(case r.state when 'released' then 0 else r.quantity end) as quantity
          from reservations r join kept using (order_id) group by 1, 2
      )
      select order_id, jsonb_build_object('sku', sku) as ids,
             format('%s are ordered and not cancelled, or sent again after a loss, and %s are reserved', coalesce(w.quantity, 0),
               coalesce(r.quantity, 0)) as detail
        from wanted w full join reserved r using (order_id, sku) join kept using (order_id)
       where w.quantity is distinct from r.quantity and (kept.status <> 'refunded' or r.quantity <> 0)`,
  },
];
