import { AT_REST, AUDITED_ORDERS, type AuditRule } from './rule.ts';

/** Whether our records of disputes are consistent with each other and with the payments. */
export const DISPUTE_RULES: readonly AuditRule[] = [
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
