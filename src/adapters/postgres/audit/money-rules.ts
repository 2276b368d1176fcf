import { AT_REST, AUDITED_ORDERS, type AuditRule, HAS_ENDED, IS_PAID, runsAs } from './rule.ts';

const CHECK_PROVIDER = 'Check the payment at the provider, and correct our records in PostgreSQL.';
const REVERSE_AT_PROVIDER = 'Refund the payment (or void the authorisation) at the provider.';
const WORKFLOW_IS_GONE =
  'The workflow does not run. Check at the provider whether the money moved. Then reset the workflow, or settle the row by hand.';

/** An operator may keep a payment beside that of the order. What is kept of the order's own payment does not make it another one. */
const KEPT_OF_LATE = `case when p.late then p.vouched_kept else 0 end`;

/** Whether our own records of payments, refunds and captures are consistent. */
export const MONEY_RULES: readonly AuditRule[] = [
  {
    code: 'paid_without_money',
    whatToDo: `${CHECK_PROVIDER} If the money is not there, cancel the order before it is shipped.`,
    sql: `
      with kept as (
        select p.order_id, sum(p.captured) as captured, sum(p.capturable) as capturable
          from payments p join audit_scope using (order_id)
         where (p.captured > p.refunded or p.capturable > 0) and not p.late group by p.order_id
      ), taken as (
        select order_id, sum(amount) as amount from captures join audit_scope using (order_id)
         where status in ('succeeded', 'resolved') group by order_id
      ), uncaptured as (
        select order_id, sum(uncaptured_amount) as amount from order_lines join audit_scope using (order_id) group by order_id
      ), refunded as (
        select order_id, sum(amount) as amount from refunds join audit_scope using (order_id)
         where status in ('succeeded', 'resolved') group by order_id
      )
      select o.order_id, '{}'::jsonb as ids,
             format('the order is %s with a total of %s, and %s are captured, %s authorised', o.status, o.total,
                    coalesce(kept.captured, 0), coalesce(kept.capturable, 0)) as detail
        from ${AUDITED_ORDERS} left join kept using (order_id) left join taken using (order_id)
             left join uncaptured using (order_id) left join refunded using (order_id)
       where ${IS_PAID} and o.total > 0
         -- An order is not paid for any more when all that it costs is cancelled or refunded, and what it ships is free.
         and (kept.order_id is null and o.total > coalesce(uncaptured.amount, 0) + coalesce(refunded.amount, 0)
              or kept.captured <> coalesce(taken.amount, case when kept.capturable > 0 then 0 else o.total end))`,
  },
  {
    code: 'cancelled_lines_captured',
    whatToDo:
      'Somebody has captured money of cancelled lines at the provider. Refund it: by the refund that the order shows as pending, or there.',
    sql: `
      with kept as (
        select p.order_id, sum(p.captured - p.refunded - disputed_amount(p.order_id, p.payment_intent_id) - p.vouched_kept) as amount
          from payments p join audit_scope using (order_id) where not p.late group by p.order_id
      ), lines as (
        select order_id, sum(uncaptured_amount + refunded_amount) as unwanted, sum(uncaptured_amount) as uncaptured
          from order_lines join audit_scope using (order_id) group by order_id
      )
      select o.order_id, '{}'::jsonb as ids,
             format('%s are kept, and what is not cancelled or refunded of the order costs %s', kept.amount, o.total - lines.unwanted)
               as detail
        from ${AUDITED_ORDERS} join kept using (order_id) join lines using (order_id)
       where ${IS_PAID} and lines.uncaptured > 0 and kept.amount > o.total - lines.unwanted + pending_refunds(o.order_id)`,
  },
  {
    code: 'ended_with_money',
    whatToDo: `${REVERSE_AT_PROVIDER} Then correct our records in PostgreSQL.`,
    sql: `
      select o.order_id, jsonb_build_object('paymentIntentId', p.payment_intent_id) as ids,
             format('the order is %s, and %s are captured, %s refunded, %s taken back by disputes, %s authorised; an operator has kept %s, and left %s authorised',
                    o.status, p.captured, p.refunded, disputed_amount(o.order_id, p.payment_intent_id), p.capturable, p.vouched_kept,
                    least(p.vouched_hold, p.capturable)) as detail
        from ${AUDITED_ORDERS} join payments p using (order_id)
       where ${HAS_ENDED} and (p.captured - p.refunded > p.vouched_kept or p.capturable > p.vouched_hold)
         and (p.captured - p.refunded - disputed_amount(o.order_id, p.payment_intent_id) > p.vouched_kept
              or p.capturable > p.vouched_hold)`,
  },
  {
    code: 'charged_twice',
    whatToDo:
      'The customer paid more than once. At the provider, refund every payment except the one that the order shows.',
    sql: `
      with kept as (
        select s.order_id, i.payment_intent_id
          from audit_scope s join audit_payments i using (order_id)
               left join payments p on p.payment_intent_id = i.payment_intent_id
         where i.received - i.refunded > coalesce(p.vouched_refunded + ${KEPT_OF_LATE}, 0)
            or i.capturable > coalesce(p.vouched_hold, 0)
        union
        select order_id, p.payment_intent_id from audit_scope join payments p using (order_id)
         where p.captured - p.refunded > ${KEPT_OF_LATE} or p.capturable > p.vouched_hold
      ), many as (
        select order_id from kept group by order_id having count(*) > 1
      )
      select o.order_id, jsonb_build_object('paymentIntentIds', string_agg(k.payment_intent_id, ', '
                                                                           order by k.payment_intent_id)) as ids,
             format('%s payments hold money of the order', count(*)) as detail
        from ${AUDITED_ORDERS} join many using (order_id) join kept k using (order_id)
       where ${AT_REST}
       group by o.order_id`,
  },
  {
    code: 'refund_exceeds_captured',
    whatToDo: CHECK_PROVIDER,
    sql: `
      with recorded as (
        select order_id, attempt, sum(amount) as amount from refunds join audit_scope using (order_id)
         where status <> 'skipped' group by order_id, attempt
      )
      select o.order_id, jsonb_build_object('paymentIntentId', p.payment_intent_id) as ids,
             format('%s are captured and %s refunded, and the refunds of the order add up to %s', p.captured, p.refunded,
                    coalesce(r.amount, 0)) as detail
        from ${AUDITED_ORDERS} join payments p using (order_id)
        left join recorded r on r.order_id = p.order_id and r.attempt = p.attempt
       where p.refunded > p.captured or r.amount > p.captured`,
  },
  {
    code: 'refund_sum',
    whatToDo: CHECK_PROVIDER,
    sql: `
      with settled as (
        select order_id, attempt, sum(amount) filter (where status in ('succeeded', 'resolved')) as amount
          from refunds join audit_scope using (order_id) group by order_id, attempt
      )
      select o.order_id, jsonb_build_object('paymentIntentId', p.payment_intent_id) as ids,
             format('%s are refunded, and the settled refunds of the order add up to %s', p.refunded, coalesce(s.amount, 0))
               as detail
        from ${AUDITED_ORDERS} join payments p using (order_id)
        left join settled s on s.order_id = p.order_id and s.attempt = p.attempt
       where p.refunded <> coalesce(s.amount, 0)
         -- A late payment, and the payment of a failed order, are reversed without a row in refunds.
         and not (s.order_id is null
                  and (p.late or (o.status <> 'refunded'
                                  and p.refunded + disputed_amount(o.order_id, p.payment_intent_id) = p.captured)))`,
  },
  {
    code: 'refund_pending',
    whatToDo: WORKFLOW_IS_GONE,
    sql: `
      with pending as (
        select *, case when kind = 'cancellation' then 'order/' || order_id || '/cancellation'
                       when starts_with(refund_id, order_id || '/refunds/outside-capture/') then 'order/' || order_id || '/reconciliation'
                       else 'order/' || refund_id end as workflow_id
          from refunds join audit_scope using (order_id) where status = 'pending'
      )
      select o.order_id, jsonb_build_object('refundId', r.refund_id, 'workflowId', r.workflow_id) as ids,
             format('a refund of %s is pending, and no workflow completes it', r.amount) as detail
        from ${AUDITED_ORDERS} join pending r using (order_id) where not ${runsAs('r.workflow_id')}`,
  },
  {
    code: 'capture_pending',
    whatToDo: WORKFLOW_IS_GONE,
    sql: `
      select o.order_id, jsonb_build_object('captureId', c.capture_id, 'workflowId', 'order/' || c.capture_id) as ids,
             format('a capture of %s is pending, and no workflow completes it', c.amount) as detail
        from ${AUDITED_ORDERS} join captures c using (order_id)
       where c.status = 'pending' and not ${runsAs(`'order/' || c.capture_id`)}`,
  },
];
