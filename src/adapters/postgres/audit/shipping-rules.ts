import { AUDITED_ORDERS, type AuditRule, IS_PAID, runsAs } from './rule.ts';

const WORKFLOW_IS_GONE =
  'Nothing ships the order. Start its fulfilment again with any change of its shipments, for example hold and release; or find its workflow in the Temporal UI, and reset it to its last step.';
const CORRECT_RECORDS =
  'See the events of the order. Correct its shipments, lines and stock in PostgreSQL, in one transaction.';
const CHECK_LABEL =
  "Check the label in the carrier's dashboard. Request its refund there if no parcel was sent with it.";

/** How long a fulfilment may take to start after the payment, and a label to be recorded after it was bought. */
const GRACE = `interval '5 minutes'`;

const FULFILMENT = runsAs(`'order/' || o.order_id || '/fulfilment'`);
const RETURN_WORKFLOW_ID = `'order/' || t.order_id || '/returns/' || t.number`;

const SHIPMENT_IDS = `jsonb_build_object('shipmentId', s.shipment_id)`;
const LABEL_IDS = `jsonb_build_object(parcel.key, parcel.parcel_id, 'carrierShipmentId', parcel.carrier_shipment_id)`;

/** The labels in our own records, of shipments and of returns. A label that is being bought has no tracking code yet. */
const OUR_LABELS = `(
  select order_id, 'shipmentId' as key, shipment_id as parcel_id, status, carrier_shipment_id, tracking_code
    from shipments where mode = 'carrier' and tracking_code is not null and carrier_shipment_id is not null
  union all
  select order_id, 'returnId', return_id, status, carrier_shipment_id, tracking_code
    from returns where label = 'bought' and carrier_shipment_id is not null) parcel`;

/** The shipment was lost, and its pieces were taken from the stock once more. */
const WAS_REPLACED = `exists (select from shipments again where again.replaces = s.shipment_id)`;

/** No other shipment may have these pieces. Those of a lost shipment were refunded, unless they were sent again. */
const TAKES_PIECES = `s.status <> 'cancelled' and not ${WAS_REPLACED}`;

/** The sum of the shipments' pieces of a line, of shipments in a state. */
const piecesOf = (where: string): string =>
  `coalesce((select sum(sl.quantity) from shipments s join shipment_lines sl using (shipment_id)
              where s.order_id = l.order_id and sl.line = l.line and ${where}), 0)`;

/**
 * Compares a count of every line with the pieces of its shipments. Pieces that left the stock with the payment have no shipment: they
 * count as shipped and delivered when they are put back on sale.
 */
const lineRule = (code: string, count: string, what: string, where: string): AuditRule => ({
  code,
  whatToDo: CORRECT_RECORDS,
  sql: `
    select order_id, jsonb_build_object('line', line::text) as ids,
           format('the line has %s ${count}, and ${what} have %s', ${count}, pieces) as detail
      from (select o.order_id, l.line, l.${count},
                   case when was_handed_over(o.order_id) then ${piecesOf(where)} else l.returned end as pieces
              from ${AUDITED_ORDERS} join order_lines l using (order_id)) counted
     where ${count} <> pieces`,
});

/** Shipments and returns: among each other, against the stock, and against the carrier's records of labels. */
export const SHIPPING_RULES: readonly AuditRule[] = [
  {
    code: 'order_not_shipped',
    whatToDo: WORKFLOW_IS_GONE,
    sql: `
      select o.order_id, jsonb_build_object('workflowId', 'order/' || o.order_id || '/fulfilment') as ids,
             format('the order is %s, it has goods that wait to be shipped, and no workflow ships them', o.status) as detail
        from ${AUDITED_ORDERS} cross join audit_window
       where ${IS_PAID} and o.outcome_at < audit_window.now - ${GRACE} and not ${FULFILMENT}
         and exists (select from reservations r where r.order_id = o.order_id and r.state = 'committed')`,
  },
  {
    code: 'shipment_without_workflow',
    whatToDo: WORKFLOW_IS_GONE,
    sql: `
      select o.order_id, ${SHIPMENT_IDS} as ids, format('the shipment is %s, and no workflow follows it', s.status) as detail
        from ${AUDITED_ORDERS} join shipments s using (order_id)
             cross join audit_window
       where s.status not in ('delivered', 'cancelled', 'lost') and s.created_at < audit_window.now - ${GRACE}
         and not ${FULFILMENT}`,
  },
  lineRule(
    'line_shipped',
    'shipped',
    'its handed over shipments',
    `s.handed_over_at is not null and not ${WAS_REPLACED}`,
  ),
  lineRule('line_delivered', 'delivered', 'its delivered shipments', `s.status = 'delivered'`),
  {
    code: 'line_shipped_too_often',
    whatToDo: CORRECT_RECORDS,
    sql: `
      select o.order_id, jsonb_build_object('line', l.line::text) as ids,
             format('%s pieces are ordered and not cancelled, and its shipments have %s', l.quantity - l.cancelled,
                    ${piecesOf(TAKES_PIECES)}) as detail
        from ${AUDITED_ORDERS} join order_lines l using (order_id)
       where ${piecesOf(TAKES_PIECES)} > l.quantity - l.cancelled`,
  },
  {
    code: 'stock_handed_over',
    whatToDo: CORRECT_RECORDS,
    sql: `
      with sent as (
        select s.order_id, s.location_id, sl.sku, sum(sl.quantity) as quantity
          from audit_scope join shipments s using (order_id) join shipment_lines sl using (shipment_id)
         where s.handed_over_at is not null group by 1, 2, 3
      ), reserved as (
        select order_id, location_id, sku, shipped from audit_scope join reservations using (order_id)
      )
      select order_id, jsonb_build_object('sku', sku, 'location', location_id) as ids,
             format('%s of the reserved pieces are handed over, and the shipments have handed over %s', coalesce(shipped, 0),
                    coalesce(quantity, 0)) as detail
        from reserved full join sent using (order_id, location_id, sku)
       where coalesce(shipped, 0) <> coalesce(quantity, 0)`,
  },
  {
    code: 'return_exceeds_delivered',
    whatToDo: CORRECT_RECORDS,
    sql: `
      select o.order_id, jsonb_build_object('line', l.line::text) as ids,
             format('%s pieces were delivered, and its returns have received %s', l.delivered, sum(c.quantity)) as detail
        from ${AUDITED_ORDERS} join order_lines l using (order_id) join returns t using (order_id)
        join return_receipts c on c.return_id = t.return_id and c.line = l.line and c.disposition <> 'missing'
       group by o.order_id, l.line, l.delivered having sum(c.quantity) > l.delivered`,
  },
  {
    code: 'return_received',
    whatToDo: CORRECT_RECORDS,
    sql: `
      select o.order_id, jsonb_build_object('returnId', t.return_id, 'line', l.line::text) as ids,
             format('the return has received %s and misses %s, and its receipts have %s and %s', l.received, l.missing, c.received,
                    c.missing) as detail
        from ${AUDITED_ORDERS} join returns t using (order_id) join return_lines l using (return_id)
        join lateral (
               select coalesce(sum(quantity) filter (where disposition <> 'missing'), 0) as received,
                      coalesce(sum(quantity) filter (where disposition = 'missing'), 0) as missing
                 from return_receipts r where r.return_id = l.return_id and r.line = l.line) c on true
       where (l.received, l.missing) <> (c.received, c.missing)`,
  },
  {
    code: 'return_without_workflow',
    whatToDo:
      'Nothing follows the return. Start its workflow again with a decision about it; or find it in the Temporal UI, and reset it to its last step.',
    sql: `
      select o.order_id, jsonb_build_object('returnId', t.return_id, 'workflowId', ${RETURN_WORKFLOW_ID}) as ids,
             format('the return is %s, and no workflow follows it', t.status) as detail
        from ${AUDITED_ORDERS} join returns t using (order_id) cross join audit_window
       where t.status in ('requested', 'open') and t.created_at < audit_window.now - ${GRACE}
         and not ${runsAs(RETURN_WORKFLOW_ID)}`,
  },
  {
    code: 'line_refunded',
    whatToDo: 'Check the refunds of the order at the provider, and correct its lines in PostgreSQL.',
    // The refund of a cancelled order does not say what of it was for which line.
    sql: `
      with refunded as (
        select f.order_id, (part ->> 'line')::integer as line, sum((part ->> 'amount')::bigint) as amount
          from refunds f join audit_scope using (order_id), jsonb_array_elements(f.lines) part
         where f.status <> 'skipped' group by 1, 2
      ), lines as (
        select order_id, line, refunded_amount from order_lines join audit_scope using (order_id)
      )
      select o.order_id, jsonb_build_object('line', line::text) as ids,
             format('the line has %s refunded, and the refunds by line have %s', coalesce(l.refunded_amount, 0),
                    coalesce(r.amount, 0)) as detail
        from ${AUDITED_ORDERS}
             join (lines l full join refunded r using (order_id, line)) using (order_id)
       where coalesce(l.refunded_amount, 0) <> coalesce(r.amount, 0)
         and not exists (select from refunds f where f.order_id = o.order_id and f.kind = 'cancellation' and f.status <> 'pending')`,
  },
  {
    code: 'label_not_at_carrier',
    whatToDo: `${CHECK_LABEL} If every label is missing, the API key is of another account.`,
    sql: `
      select o.order_id, ${LABEL_IDS} as ids,
             format('our records have a label (the parcel is %s), and the carrier does not know it', parcel.status) as detail
        from ${AUDITED_ORDERS} join ${OUR_LABELS} using (order_id) cross join audit_window
       where audit_window.compares_labels
         and not exists (select from audit_labels a where a.carrier_shipment_id = parcel.carrier_shipment_id)`,
  },
  {
    code: 'label_differs',
    whatToDo: CHECK_LABEL,
    sql: `
      select o.order_id, ${LABEL_IDS} as ids,
             'our records have another tracking code for the label than the carrier' as detail
        from ${AUDITED_ORDERS} join ${OUR_LABELS} using (order_id) join audit_labels a using (carrier_shipment_id)
       where parcel.tracking_code <> a.tracking_code`,
  },
  {
    code: 'label_unknown_here',
    whatToDo: `${CHECK_LABEL} A shipment has one label: this one was bought a second time, or was not recorded.`,
    of: 'audit',
    // A workflow may be about to record the label of a parcel that has none yet.
    sql: `
      select o.order_id, jsonb_build_object('carrierShipmentId', a.carrier_shipment_id, 'reference', a.reference) as ids,
             'the carrier has a label that our records do not have' as detail
        from audit_labels a
        left join returns t on t.return_id = a.reference
        left join orders o on o.order_id = coalesce(t.order_id, 'ord_' || split_part(a.reference, '_', 2))
       where a.is_unknown and coalesce(a.refund, 'rejected') = 'rejected'
         and not exists (select from shipments s where s.carrier_shipment_id = a.carrier_shipment_id)
         and not exists (select from returns r where r.carrier_shipment_id = a.carrier_shipment_id)
         and (exists (select from ${OUR_LABELS} where parcel.parcel_id = a.reference)
              or not case when t.return_id is null then ${FULFILMENT} else ${runsAs(RETURN_WORKFLOW_ID)} end)`,
  },
  {
    code: 'label_not_refunded',
    whatToDo: CHECK_LABEL,
    sql: `
      select o.order_id, jsonb_build_object('shipmentId', s.shipment_id, 'carrierShipmentId', s.carrier_shipment_id) as ids,
             'the shipment is cancelled, its label is paid, and no workflow requests its refund' as detail
        from ${AUDITED_ORDERS} join shipments s using (order_id) join audit_labels a using (carrier_shipment_id)
       where s.status = 'cancelled' and a.refund is null and s.label_refund is distinct from 'not_applicable'
         and not ${FULFILMENT}`,
  },
];
