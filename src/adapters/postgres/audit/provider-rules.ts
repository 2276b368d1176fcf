import { AT_REST, AUDITED_ORDERS, type AuditRule, SETTLED_BY_HAND } from './rule.ts';

const CORRECT_RECORDS =
  'Check the payment at the provider. Correct our records in PostgreSQL, or do at the provider what is missing there.';
const REFUND_OR_RECORD =
  'Check the payment at the provider. If the money is not owed, refund it there; if it is, add it to our records in PostgreSQL.';

/** Our payment and the provider's, of an order whose payments no workflow is changing. */
const COMPARED = `${AUDITED_ORDERS} join payments p using (order_id) join audit_payments i using (payment_intent_id)`;
const COMPARABLE = `not ${SETTLED_BY_HAND} and ${AT_REST}`;

const amountRule = (code: string, what: string, ours: string, theirs: string): AuditRule => ({
  code,
  whatToDo: CORRECT_RECORDS,
  sql: `
    select o.order_id, jsonb_build_object('paymentIntentId', p.payment_intent_id) as ids,
           format('our records have %s ${what}, and the provider %s', ${ours}, ${theirs}) as detail
      from ${COMPARED} where ${ours} <> ${theirs} and ${COMPARABLE}`,
});

/** Whether our records of payments and refunds agree with the provider's. */
export const PROVIDER_RULES: readonly AuditRule[] = [
  amountRule('captured_differs', 'captured', 'p.captured', 'i.received'),
  amountRule('refunded_differs', 'refunded', 'p.refunded', 'i.refunded'),
  amountRule('authorized_differs', 'authorised', 'p.capturable', 'i.capturable'),
  amountRule('currency_differs', 'in currency', 'p.currency', 'i.currency'),
  {
    code: 'payment_order_differs',
    whatToDo: REFUND_OR_RECORD,
    sql: `
      select o.order_id, jsonb_build_object('paymentIntentId', p.payment_intent_id) as ids,
             format('the provider has the payment under %s', coalesce(i.order_id, 'no order')) as detail
        from ${COMPARED} where i.order_id is distinct from o.order_id`,
  },
  {
    code: 'payment_not_at_provider',
    whatToDo: `${CORRECT_RECORDS} If every payment is missing, the API key is of another account.`,
    sql: `
      select o.order_id, jsonb_build_object('paymentIntentId', p.payment_intent_id) as ids,
             format('our records have a payment (%s), and the provider does not know it', p.status) as detail
        from ${AUDITED_ORDERS} join payments p using (order_id)
       where p.payment_intent_id is not null and o.created_at >= (select since from audit_window)
         and not exists (select from audit_payments i where i.payment_intent_id = p.payment_intent_id)
         and ${COMPARABLE}`,
  },
  {
    code: 'payment_unknown_here',
    whatToDo: REFUND_OR_RECORD,
    sql: `
      select o.order_id, jsonb_build_object('paymentIntentId', i.payment_intent_id) as ids,
             format('the provider has captured %s, refunded %s and authorised %s, and our records have no such payment',
                    i.received, i.refunded, i.capturable) as detail
        from ${AUDITED_ORDERS} join audit_payments i using (order_id)
       where (i.received > 0 or i.capturable > 0) and ${AT_REST}
         and not exists (select from payments p where p.payment_intent_id = i.payment_intent_id)`,
  },
  {
    code: 'payment_without_order',
    whatToDo: REFUND_OR_RECORD,
    sql: `
      select i.order_id, jsonb_build_object('paymentIntentId', i.payment_intent_id) as ids,
             format('the provider has a payment (%s) of %s for an order that does not exist', i.status, i.received) as detail
        from audit_payments i
       where (i.received > i.refunded or i.capturable > 0)
         and not exists (select from orders o where o.order_id = i.order_id)
         and not exists (select from payments p where p.payment_intent_id = i.payment_intent_id)`,
  },
  {
    code: 'payment_could_succeed',
    whatToDo: 'Cancel the payment at the provider: it could still charge the customer.',
    sql: `
      select o.order_id, jsonb_build_object('paymentIntentId', i.payment_intent_id) as ids,
             format('the order is %s, and the provider has a payment that is %s', o.status, i.status) as detail
        from ${AUDITED_ORDERS} join audit_payments i using (order_id)
       where o.outcome_at is not null and ${AT_REST}
         and i.status in ('requires_payment_method', 'requires_confirmation', 'requires_action', 'processing')
         and not exists (select from payments p where p.payment_intent_id = i.payment_intent_id and ${SETTLED_BY_HAND})`,
  },
  {
    code: 'refund_not_at_provider',
    whatToDo:
      'The customer may not have received the money. Check the payment at the provider, and refund it there.',
    sql: `
      select o.order_id, jsonb_build_object('refundId', f.refund_id, 'paymentIntentId', f.payment_intent_id) as ids,
             format('our records have a refund of %s that succeeded, and the provider has none', f.amount) as detail
        from ${AUDITED_ORDERS} join refunds f using (order_id)
       where f.status = 'succeeded' and f.amount > 0 and f.created_at >= (select since from audit_window)
         and not exists (select from audit_refunds r
                          where r.refund_id = f.refund_id or r.provider_refund_id = f.provider_refund_id)
         -- A refund that the bank has returned waits for an operator, or was settled by one.
         and ${AT_REST}
         and not exists (select from payments p where p.payment_intent_id = f.payment_intent_id and ${SETTLED_BY_HAND})`,
  },
  {
    code: 'refund_amount_differs',
    whatToDo: CORRECT_RECORDS,
    sql: `
      select o.order_id, jsonb_build_object('refundId', f.refund_id, 'paymentIntentId', f.payment_intent_id) as ids,
             format('our records have a refund of %s, and the provider one of %s', f.amount, sum(r.amount)) as detail
        from ${AUDITED_ORDERS} join refunds f using (order_id) join audit_refunds r using (refund_id)
       where f.status = 'succeeded' group by o.order_id, f.refund_id having f.amount <> sum(r.amount)`,
  },
  {
    code: 'refund_unknown_here',
    whatToDo: `The provider has made a refund that was not requested here. Somebody may have made it at the provider's dashboard. ${CORRECT_RECORDS}`,
    sql: `
      select o.order_id, jsonb_build_object('providerRefundId', r.provider_refund_id,
                                            'paymentIntentId', p.payment_intent_id) as ids,
             format('the provider has a refund of %s that our records do not have', r.amount) as detail
        from ${AUDITED_ORDERS} join payments p using (order_id) join audit_refunds r using (payment_intent_id)
       where not ${SETTLED_BY_HAND}
         -- Of a late payment only the sum is recorded.
         and not p.late
         and not exists (select from refunds f where f.provider_refund_id = r.provider_refund_id)
         -- The payment of a failed order is refunded under the order's id, without a refund id.
         and case when r.refund_id is null then r.order_id is distinct from o.order_id
                  else not exists (select from refunds f where f.refund_id = r.refund_id) end`,
  },
];
