import type { Transaction } from './transaction.ts';
import { newId } from './transaction.ts';
import { forbiddenByState, invalid, missing, serverError } from './failure.ts';
import type { Operation } from './operation.ts';
import { Params } from './params.ts';
import { refundsFail } from './pay.ts';
import { refundReasons } from './records.ts';
import type { ChargeRecord, RefundRecord } from './records.ts';

const known =
  'amount charge currency expand instructions_email metadata payment_intent reason ' +
  'refund_application_fee reverse_transfer';

/** `POST /v1/refunds`: gives money back, never more in all than was captured. */
export const createRefund: Operation = (form) => {
  const params = new Params(form, known);
  const intentId = params.string('payment_intent');
  const chargeId = params.string('charge');
  if (intentId === undefined && chargeId === undefined) {
    throw invalid(
      'parameter_missing',
      'One of the following params should be provided for this request: payment_intent or charge.',
      'payment_intent',
    );
  }
  const asked = params.amount('amount');
  const metadata = params.metadata();
  const reason = params.oneOf('reason', refundReasons) ?? null;
  return {
    run: (draft) => {
      const charge = chargeToRefund(draft, intentId, chargeId);
      if (draft.marked(refundsFail(charge.id))) return { failure: serverError(true) };
      const left = charge.amount_captured - charge.amount_refunded;
      if (left === 0)
        throw forbiddenByState('charge_already_refunded', `Charge ${charge.id} has already been refunded.`, {
          charge: charge.id,
        });
      const amount = asked ?? left;
      if (amount > left) {
        const message = `Refund amount (${amount}) is greater than unrefunded amount on charge (${left})`;
        throw forbiddenByState('amount_too_large', message, { param: 'amount', charge: charge.id });
      }
      const refund = draft.put({
        object: 'refund',
        id: newId('re'),
        amount,
        charge: charge.id,
        created: draft.now,
        currency: charge.currency,
        metadata,
        payment_intent: charge.payment_intent,
        reason,
        status: 'succeeded',
      });
      const refunded = draft.put<ChargeRecord>({
        ...charge,
        amount_refunded: charge.amount_refunded + amount,
      });
      draft.emit('charge.refunded', refunded);
      draft.emit('refund.created', refund);
      return { record: refund };
    },
  };
};

/** `POST /v1/refunds/{id}`: only the metadata can change. */
export const updateRefund: Operation = (form, id, { ledger }) => {
  const params = new Params(form, ['metadata', 'expand']);
  params.metadata();
  return {
    run: (draft) => {
      const refund = ledger.refunds.get(id);
      if (refund === undefined) throw missing('refund', id);
      const updated = draft.put({ ...refund, metadata: params.metadata(refund.metadata) });
      draft.emit('refund.updated', updated);
      return { record: updated };
    },
  };
};

/**
 * The bank sends the money of a refund back, days after it succeeded: what the charge has refunded goes down again
 * (docs.stripe.com/refunds#failed-refunds). Undefined when it had not succeeded.
 */
export function failRefund(draft: Transaction, id: string, reason: string): RefundRecord | undefined {
  const refund = draft.find(id);
  if (refund?.object !== 'refund') throw missing('refund', id);
  if (refund.status !== 'succeeded') return undefined;
  const charge = draft.charge(refund.charge);
  draft.put<ChargeRecord>({ ...charge, amount_refunded: charge.amount_refunded - refund.amount });
  const failed = draft.put<RefundRecord>({ ...refund, status: 'failed', failure_reason: reason });
  draft.emit('refund.updated', failed);
  draft.emit('refund.failed', failed);
  return failed;
}

function chargeToRefund(
  draft: Transaction,
  intentId: string | undefined,
  chargeId: string | undefined,
): ChargeRecord {
  const intent = intentId === undefined ? undefined : draft.intent(intentId, 'payment_intent');
  const id = chargeId ?? intent?.latest_charge ?? undefined;
  const charge = id === undefined ? undefined : draft.charge(id, 'charge');
  if (charge === undefined || charge.status === 'failed' || charge.amount_captured === 0) {
    const what = intentId === undefined ? `The charge ${chargeId ?? ''}` : `This PaymentIntent (${intentId})`;
    throw forbiddenByState(
      intentId === undefined ? 'charge_not_captured' : 'payment_intent_unexpected_state',
      `${what} does not have a successful charge to refund.`,
    );
  }
  if (intent !== undefined && charge.payment_intent !== intent.id) {
    throw invalid(undefined, `Charge ${charge.id} does not belong to PaymentIntent ${intent.id}.`, 'charge');
  }
  return charge;
}
