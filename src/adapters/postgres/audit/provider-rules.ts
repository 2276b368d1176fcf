import { AT_REST, AUDITED_ORDERS, type AuditRule } from './rule.ts';

const CORRECT_RECORDS =
  'Check the payment at the provider. Correct our records in PostgreSQL, or do at the provider what is missing there.';
const REFUND_OR_RECORD =
  'Check the payment at the provider. If the money is not owed, refund it there; if it is, add it to our records in PostgreSQL.';

/** Our payment and the provider's, of an order whose payments no workflow is changing. */
const COMPARED = `${AUDITED_ORDERS} join payments p using (order_id) join audit_payments i using (payment_intent_id)`;

/** Everything that our records say of the payment was done by other means, or left alone, as an operator has said. */
const IS_VOUCHED_FOR = `(
  p.vouched_captured + p.vouched_refunded + p.vouched_kept + p.vouched_hold > 0 and p.capturable <= p.vouched_hold
  and p.captured <= p.vouched_captured + p.vouched_refunded + p.vouched_kept)`;

/** Of what an operator has vouched for, the provider may have all, a part or nothing. */
const exceptVouched = (ours: string, vouched: string, theirs: string): string =>
  `${theirs} not between ${ours} - ${vouched} and ${ours}`;

const amountRule = (code: string, what: string, ours: string, theirs: string, differ: string): AuditRule => ({
  code,
  whatToDo: CORRECT_RECORDS,
  sql: `
    select o.order_id, jsonb_build_object('paymentIntentId', p.payment_intent_id) as ids,
           format('our records have %s ${what}, and the provider %s', ${ours}, ${theirs}) as detail
      from ${COMPARED} where ${differ} and ${AT_REST}`,
});

/** Whether our records of payments and refunds agree with the provider's. */
export const PROVIDER_RULES: readonly AuditRule[] = [
  amountRule(
    'captured_differs',
    'captured',
    'p.captured',
    'i.received',
    exceptVouched('p.captured', 'p.vouched_captured', 'i.received'),
  ),
  amountRule(
    'refunded_differs',
    'refunded',
    'p.refunded',
    'i.refunded',
    exceptVouched('p.refunded', 'p.vouched_refunded', 'i.refunded'),
  ),
  amountRule(
    'authorized_differs',
    'authorised',
    'p.capturable',
    'i.capturable',
    'abs(p.capturable - i.capturable) > p.vouched_hold',
  ),
  amountRule('currency_differs', 'in currency', 'p.currency', 'i.currency', 'p.currency <> i.currency'),
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
       where p.payment_intent_id is not null and not ${IS_VOUCHED_FOR} and ${AT_REST}
         and not exists (select from audit_payments i where i.payment_intent_id = p.payment_intent_id)`,
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
    of: 'audit',
    sql: `
      select i.order_id, jsonb_build_object('paymentIntentId', i.payment_intent_id) as ids,
             format('the provider has a payment (%s) of %s for an order that does not exist', i.status, i.received) as detail
        from audit_payments i
       where i.is_unknown and (i.received > i.refunded or i.capturable > 0)
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
         and not exists (select from payments p
                          where p.payment_intent_id = i.payment_intent_id and i.amount - i.received <= p.vouched_hold)`,
  },
  {
    code: 'refund_not_at_provider',
    whatToDo:
      'The customer may not have received the money. Check the payment at the provider, and refund it there.',
    sql: `
      with missing as (
        select o.order_id, f.refund_id, f.payment_intent_id, f.amount,
               sum(f.amount) over (partition by f.payment_intent_id) as total
          from ${AUDITED_ORDERS} join refunds f using (order_id)
         where f.status = 'succeeded' and f.amount > 0
           and not exists (select from audit_refunds r where r.refund_id = f.refund_id)
           -- The refunds that somebody else has made are recorded under the provider's id.
           and not exists (select from audit_refunds r where r.provider_refund_id = f.provider_refund_id)
           -- A refund that the bank has returned waits for an operator.
           and ${AT_REST}
      )
      select order_id, jsonb_build_object('refundId', refund_id, 'paymentIntentId', payment_intent_id) as ids,
             format('our records have a refund of %s that succeeded, and the provider has none', amount) as detail
        from missing
       -- For returned refunds that were settled by hand, beside those that were never made at the provider.
       where total > coalesce(
               (select p.vouched_refunded
                       - coalesce((select sum(f.amount) from refunds f
                                    where f.order_id = p.order_id and f.attempt = p.attempt and f.status = 'resolved'), 0)
                  from payments p where p.payment_intent_id = missing.payment_intent_id), 0)`,
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
      with unknown as (
        select o.order_id, r.provider_refund_id, p.payment_intent_id, r.amount, p.vouched_refunded,
               sum(r.amount) over (partition by p.payment_intent_id) as total
          from ${AUDITED_ORDERS} join payments p using (order_id) join audit_refunds r using (payment_intent_id)
         -- Of a late payment only the sum is recorded.
         where not p.late
           and not exists (select from refunds f where f.provider_refund_id = r.provider_refund_id)
           -- The payment of a failed order is refunded under the order's id, without a refund id.
           and case when r.refund_id is null then r.order_id is distinct from o.order_id
                    else not exists (select from refunds f where f.refund_id = r.refund_id) end
      )
      select order_id, jsonb_build_object('providerRefundId', provider_refund_id, 'paymentIntentId', payment_intent_id) as ids,
             format('the provider has a refund of %s that our records do not have', amount) as detail
        -- An operator may have made the refund at the provider by hand.
        from unknown where total > vouched_refunded`,
  },
];
