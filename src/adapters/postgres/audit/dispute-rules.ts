import { AT_REST, AUDITED_ORDERS, type AuditRule } from './rule.ts';

const READ_AGAIN =
  'Its webhook was lost, or the endpoint is not subscribed to charge.dispute events. Send the event again from the dashboard of the payment provider.';

/** Whether our records of disputes agree with the provider's, with each other and with the payments. */
export const DISPUTE_RULES: readonly AuditRule[] = [
  {
    code: 'dispute_unknown_here',
    whatToDo: READ_AGAIN,
    sql: `
      select o.order_id, jsonb_build_object('disputeId', a.dispute_id, 'paymentIntentId', p.payment_intent_id) as ids,
             format('the provider has a dispute (%s) of %s that our records do not have', a.status, a.amount) as detail
        from ${AUDITED_ORDERS} join payments p using (order_id) join audit_disputes a using (payment_intent_id)
       where not exists (select from disputes d where d.dispute_id = a.dispute_id) and ${AT_REST}`,
  },
  {
    code: 'dispute_differs',
    whatToDo: READ_AGAIN,
    sql: `
      select o.order_id, jsonb_build_object('disputeId', d.dispute_id, 'paymentIntentId', d.payment_intent_id) as ids,
             format('our records have a dispute of %s that is %s%s, and the provider one of %s that is %s%s', d.amount, d.status,
                    case when d.funds_withdrawn then ', its money withdrawn' end, a.amount, a.status,
                    case when a.funds_withdrawn then ', its money withdrawn' end) as detail
        from ${AUDITED_ORDERS} join disputes d using (order_id) join audit_disputes a using (dispute_id)
       where (d.amount, d.status, d.funds_withdrawn) <> (a.amount, a.status, a.funds_withdrawn) and ${AT_REST}`,
  },
  {
    code: 'dispute_not_at_provider',
    whatToDo:
      'The API key is of another account, or the row was written by hand: correct our records in PostgreSQL.',
    sql: `
      select o.order_id, jsonb_build_object('disputeId', d.dispute_id, 'paymentIntentId', d.payment_intent_id) as ids,
             format('our records have a dispute (%s), and the provider does not know it', d.status) as detail
        from ${AUDITED_ORDERS} join disputes d using (order_id)
       where ${AT_REST}
         and not exists (select from audit_disputes a where a.dispute_id = d.dispute_id)`,
  },
  {
    code: 'paid_back_twice',
    whatToDo:
      'The customer has got more money back than was captured, by refunds and by a dispute. While the dispute is open, send the refund as evidence in the dashboard of the payment provider. If a refund was resolved by hand and never paid, correct it in PostgreSQL.',
    sql: `
      select o.order_id, jsonb_build_object('paymentIntentId', p.payment_intent_id) as ids,
             format('%s are captured, %s refunded, and %s taken back by disputes', p.captured, p.refunded,
                    disputed_amount(o.order_id, p.payment_intent_id)) as detail
        from ${AUDITED_ORDERS} join payments p using (order_id)
       where exists (select from disputes d where d.order_id = o.order_id)
         and p.refunded > 0 and p.refunded + disputed_amount(o.order_id, p.payment_intent_id) > p.captured`,
  },
  {
    code: 'dispute_attention',
    whatToDo:
      'Nobody is told of a dispute that must be answered, or an order needs attention for a dispute that needs none. Have the dispute read again: `checkout attention <order> retry`, or send its webhook again from the dashboard of the payment provider.',
    sql: `
      with due as (
        select order_id, payment_intent_id, min(evidence_due_at) as due_at
          from disputes join audit_scope using (order_id) where dispute_needs_response(status) group by 1, 2
      ), shown as (
        select order_id, substr(workflow_id, length('order/' || order_id || '/disputes/') + 1) as payment_intent_id, deadline
          from parked_steps join audit_scope using (order_id) where step = 'respondToDispute'
      )
      select o.order_id, jsonb_build_object('paymentIntentId', payment_intent_id) as ids,
             format('a dispute waits for evidence until %s, and the order shows %s', coalesce(due.due_at::text, 'no time'),
                    coalesce(shown.deadline::text, 'nothing')) as detail
        from due full join shown using (order_id, payment_intent_id) join orders o using (order_id)
       where (due.due_at, due.order_id is null) is distinct from (shown.deadline, shown.order_id is null)
         and ${AT_REST}`,
  },
];
