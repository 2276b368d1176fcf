import { AUDITED_ORDERS, type AuditRule, HAS_FAILED, IS_PAID } from './rule.ts';

const STOCK_WRONG =
  'Find the change that was made without our SQL functions. Then correct the item with a stock sync or in PostgreSQL.';

const reservedIn = (state: string): string =>
  `(select sku, sum(quantity) as quantity from reservations where state = '${state}' group by sku)`;

/** Every received piece is either on hand, held for an unpaid order, or sold. */
export const STOCK_RULES: readonly AuditRule[] = [
  {
    code: 'stock_sum',
    whatToDo: STOCK_WRONG,
    sql: `
      select null as order_id, jsonb_build_object('sku', sku) as ids,
             format('%s on hand, %s held and %s sold do not add up to %s received', on_hand, held, sold, received) as detail
        from stock_items where on_hand + held + sold <> received`,
  },
  {
    code: 'stock_held',
    whatToDo: STOCK_WRONG,
    sql: `
      select null as order_id, jsonb_build_object('sku', i.sku) as ids,
             format('the item has %s held, and its reservations hold %s', i.held, coalesce(r.quantity, 0)) as detail
        from stock_items i left join ${reservedIn('held')} r using (sku) where i.held <> coalesce(r.quantity, 0)`,
  },
  {
    code: 'stock_sold',
    whatToDo: STOCK_WRONG,
    sql: `
      select null as order_id, jsonb_build_object('sku', i.sku) as ids,
             format('the item has %s sold, and paid orders bought %s', i.sold, coalesce(r.quantity, 0)) as detail
        from stock_items i left join ${reservedIn('consumed')} r using (sku) where i.sold <> coalesce(r.quantity, 0)`,
  },
  {
    code: 'reservation_state',
    whatToDo:
      'See the events of the order. Correct the reservation and its item in PostgreSQL, in one transaction.',
    sql: `
      select o.order_id, jsonb_build_object('sku', r.sku) as ids,
             format('the reservation is %s, and the order is %s', r.state, o.status) as detail
        from ${AUDITED_ORDERS} join reservations r using (order_id)
       where r.state <> all (case
               when o.outcome_at is null then array['held']
               when ${IS_PAID} then array['consumed']
               when o.status = 'refunded' then array['consumed', 'released']
               else array['released'] end)`,
  },
  {
    code: 'reservation_quantity',
    whatToDo:
      'See the events of the order. Correct its reservations and the items in PostgreSQL, in one transaction.',
    sql: `
      with kept as (
        select o.order_id, o.lines from ${AUDITED_ORDERS}
         where o.status <> 'placed' and not ${HAS_FAILED}
      ), ordered as (
        select order_id, line ->> 'sku' as sku, sum((line ->> 'quantity')::bigint) as quantity
          from kept, jsonb_array_elements(lines) line group by 1, 2
      ), reserved as (
        select r.order_id, r.sku, r.quantity from reservations r join kept using (order_id)
      )
      select order_id, jsonb_build_object('sku', sku) as ids,
             format('%s are ordered, and %s are reserved', coalesce(w.quantity, 0), coalesce(r.quantity, 0)) as detail
        from ordered w full join reserved r using (order_id, sku)
       where w.quantity is distinct from r.quantity`,
  },
];
