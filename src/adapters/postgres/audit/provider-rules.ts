import { AT_REST, AUDITED_ORDERS, type AuditRule, BY_HAND } from './rule.ts';

const OURS_WRONG =
  'See the payment at the provider: set our books right in PostgreSQL, or make good there what is missing.';
const NOT_OURS =
  'See the payment at the provider: if it is not owed, give it back there; if it is, write it into our books in PostgreSQL.';

/** A payment of ours beside the provider's, of an order that nobody is at work on. */
const COMPARED = `${AUDITED_ORDERS} join payments p using (order_id) join audit_payments i using (payment_intent_id)`;
const COMPARABLE = `not ${BY_HAND} and ${AT_REST}`;

const amountRule = (code: string, what: string, ours: string, theirs: string): AuditRule => ({
  code,
  whatToDo: OURS_WRONG,
  sql: `
    select o.order_id, jsonb_build_object('paymentIntentId', p.payment_intent_id) as ids,
           format('our books have %s ${what}, and the provider %s', ${ours}, ${theirs}) as detail
      from ${COMPARED} where ${ours} <> ${theirs} and ${COMPARABLE}`,
});

/** Our books of the money beside the provider's. */
export const PROVIDER_RULES: readonly AuditRule[] = [
  amountRule('captured_differs', 'captured', 'p.captured', 'i.received'),
  amountRule('refunded_differs', 'refunded', 'p.refunded', 'i.refunded'),
  amountRule('authorized_differs', 'authorised', 'p.capturable', 'i.capturable'),
  amountRule('currency_differs', 'in currency', 'p.currency', 'i.currency'),
  {
    code: 'payment_order_differs',
    whatToDo: NOT_OURS,
    sql: `
      select o.order_id, jsonb_build_object('paymentIntentId', p.payment_intent_id) as ids,
             format('the provider has the payment for %s', coalesce(i.order_id, 'no order')) as detail
        from ${COMPARED} where i.order_id is distinct from o.order_id`,
  },
  {
    code: 'payment_not_at_provider',
    whatToDo: `${OURS_WRONG} If every payment is missing, the API key is of another account.`,
    sql: `
      select o.order_id, jsonb_build_object('paymentIntentId', p.payment_intent_id) as ids,
             format('our books have a payment (%s), and the provider does not know it', p.status) as detail
        from ${AUDITED_ORDERS} join payments p using (order_id)
       where p.payment_intent_id is not null and o.created_at >= (select since from audit_window)
         and not exists (select from audit_payments i where i.payment_intent_id = p.payment_intent_id)
         and ${COMPARABLE}`,
  },
  {
    code: 'payment_unknown_here',
    whatToDo: NOT_OURS,
    sql: `
      select o.order_id, jsonb_build_object('paymentIntentId', i.payment_intent_id) as ids,
             format('the provider has taken %s, refunded %s and authorised %s, and our books have no such payment',
                    i.received, i.refunded, i.capturable) as detail
        from ${AUDITED_ORDERS} join audit_payments i using (order_id)
       where (i.received > 0 or i.capturable > 0) and ${AT_REST}
         and not exists (select from payments p where p.payment_intent_id = i.payment_intent_id)`,
  },
  {
    code: 'payment_without_order',
    whatToDo: NOT_OURS,
    sql: `
      select i.order_id, jsonb_build_object('paymentIntentId', i.payment_intent_id) as ids,
             format('the provider has a payment (%s) of %s for an order that is not ours', i.status, i.received) as detail
        from audit_payments i
       where (i.received > i.refunded or i.capturable > 0)
         and not exists (select from orders o where o.order_id = i.order_id)
         and not exists (select from payments p where p.payment_intent_id = i.payment_intent_id)`,
  },
  {
    code: 'payment_could_succeed',
    whatToDo: 'Cancel the payment at the provider: the customer could still be charged by it.',
    sql: `
      select o.order_id, jsonb_build_object('paymentIntentId', i.payment_intent_id) as ids,
             format('the order is %s, and the provider has a payment that is %s', o.status, i.status) as detail
        from ${AUDITED_ORDERS} join audit_payments i using (order_id)
       where o.outcome_at is not null and ${AT_REST}
         and i.status in ('requires_payment_method', 'requires_confirmation', 'requires_action', 'processing')
         and not exists (select from payments p where p.payment_intent_id = i.payment_intent_id and ${BY_HAND})`,
  },
  {
    code: 'refund_not_at_provider',
    whatToDo:
      'The customer may not have got the money: see the payment at the provider, and refund it there.',
    sql: `
      select o.order_id, jsonb_build_object('refundId', f.refund_id, 'paymentIntentId', f.payment_intent_id) as ids,
             format('our books have a refund of %s that succeeded, and the provider has none', f.amount) as detail
        from ${AUDITED_ORDERS} join refunds f using (order_id)
       where f.status = 'succeeded' and f.created_at >= (select since from audit_window)
         and not exists (select from audit_refunds r where r.refund_id = f.refund_id)
         -- One that the bank has sent back waits for an operator, or was settled by one.
         and ${AT_REST}
         and not exists (select from payments p where p.payment_intent_id = f.payment_intent_id and ${BY_HAND})`,
  },
  {
    code: 'refund_amount_differs',
    whatToDo: OURS_WRONG,
    sql: `
      select o.order_id, jsonb_build_object('refundId', f.refund_id, 'paymentIntentId', f.payment_intent_id) as ids,
             format('our books have a refund of %s, and the provider one of %s', f.amount, sum(r.amount)) as detail
        from ${AUDITED_ORDERS} join refunds f using (order_id) join audit_refunds r using (refund_id)
       where f.status = 'succeeded' group by o.order_id, f.refund_id having f.amount <> sum(r.amount)`,
  },
  {
    code: 'refund_unknown_here',
    whatToDo: `The provider has given back what nobody asked us for, as somebody at its dashboard may have. ${OURS_WRONG}`,
    sql: `
      select o.order_id, jsonb_build_object('providerRefundId', r.provider_refund_id,
                                            'paymentIntentId', p.payment_intent_id) as ids,
             format('the provider has a refund of %s that our books do not have', r.amount) as detail
        from ${AUDITED_ORDERS} join payments p using (order_id) join audit_refunds r using (payment_intent_id)
       where not ${BY_HAND}
         -- What a failed order had taken goes back under the order's id alone.
         and case when r.refund_id is null then r.order_id is distinct from o.order_id
                  else not exists (select from refunds f where f.refund_id = r.refund_id) end`,
  },
];
