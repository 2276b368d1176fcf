import type { Transaction } from './transaction.ts';
import { newId } from './transaction.ts';
import { checkStep } from './currencies.ts';
import { allowsRefunds } from './dispute-states.ts';
import { forbiddenByState, invalidRequest, resourceMissing, serverError } from './failure.ts';
import type { Operation } from './operation.ts';
import { Params } from './params.ts';
import { refundsFailMark } from './pay.ts';
import { REFUND_REASONS } from './records.ts';
import type { ChargeRecord, RefundRecord } from './records.ts';

const KNOWN_PARAMS =
  'amount charge currency expand instructions_email metadata payment_intent reason ' +
  'refund_application_fee reverse_transfer';

/** `POST /v1/refunds`: refunds a charge, in total at most the captured amount. */
export const createRefund: Operation = (form) => {
  const params = new Params(form, KNOWN_PARAMS);
  const intentId = params.string('payment_intent');
  const chargeId = params.string('charge');
  if (intentId === undefined && chargeId === undefined) {
    throw invalidRequest(
      'parameter_missing',
      'One of the following params should be provided for this request: payment_intent or charge.',
      'payment_intent',
    );
  }
  const requested = params.amount('amount');
  const metadata = params.metadata();
  const reason = params.oneOf('reason', REFUND_REASONS) ?? null;
  return {
    run: (transaction) => {
      const charge = chargeToRefund(transaction, intentId, chargeId);
      if (transaction.marked(refundsFailMark(charge.id))) return { failure: serverError(true) };
      if (!transaction.disputesOf(charge.id).every(allowsRefunds))
        throw forbiddenByState(
          'charge_disputed',
          `Charge ${charge.id} has been charged back; cannot issue a refund.`,
          { charge: charge.id },
        );
      const refundable = charge.amount_captured - charge.amount_refunded;
      if (refundable === 0)
        throw forbiddenByState('charge_already_refunded', `Charge ${charge.id} has already been refunded.`, {
          charge: charge.id,
        });
      const amount = requested ?? refundable;
      checkStep(amount, charge.currency, 'amount');
      if (amount > refundable) {
        const message = `Refund amount (${amount}) is greater than unrefunded amount on charge (${refundable})`;
        throw forbiddenByState('amount_too_large', message, { param: 'amount', charge: charge.id });
      }
      const refund = transaction.put({
        object: 'refund',
        id: newId('re'),
        amount,
        charge: charge.id,
        created: transaction.now,
        currency: charge.currency,
        metadata,
        payment_intent: charge.payment_intent,
        reason,
        status: 'succeeded',
      });
      const refunded = transaction.put<ChargeRecord>({
        ...charge,
        amount_refunded: charge.amount_refunded + amount,
      });
      transaction.emit('charge.refunded', refunded);
      transaction.emit('refund.created', refund);
      return { record: refund };
    },
  };
};

/** `POST /v1/refunds/{id}`: only the metadata can be changed. */
export const updateRefund: Operation = (form, id, { ledger }) => {
  const params = new Params(form, ['metadata', 'expand']);
  params.metadata();
  return {
    run: (transaction) => {
      const refund = ledger.refunds.get(id);
      if (refund === undefined) throw resourceMissing('refund', id);
      const updated = transaction.put({ ...refund, metadata: params.metadata(refund.metadata) });
      transaction.emit('refund.updated', updated);
      return { record: updated };
    },
  };
};

/**
 * Fails a refund that has succeeded, as when the bank returns the money days later: the refunded amount of the charge decreases
 * (docs.stripe.com/refunds#failed-refunds). Returns undefined if the refund has not succeeded.
 */
export function failRefund(transaction: Transaction, id: string, reason: string): RefundRecord | undefined {
  const refund = transaction.find(id);
  if (refund?.object !== 'refund') throw resourceMissing('refund', id);
  if (refund.status !== 'succeeded') return undefined;
  const charge = transaction.charge(refund.charge);
  transaction.put<ChargeRecord>({ ...charge, amount_refunded: charge.amount_refunded - refund.amount });
  const failed = transaction.put<RefundRecord>({ ...refund, status: 'failed', failure_reason: reason });
  transaction.emit('refund.updated', failed);
  transaction.emit('refund.failed', failed);
  return failed;
}

function chargeToRefund(
  transaction: Transaction,
  intentId: string | undefined,
  chargeId: string | undefined,
): ChargeRecord {
  const intent = intentId === undefined ? undefined : transaction.intent(intentId, 'payment_intent');
  const id = chargeId ?? intent?.latest_charge ?? undefined;
  const charge = id === undefined ? undefined : transaction.charge(id, 'charge');
  if (charge === undefined || charge.status === 'failed' || charge.amount_captured === 0) {
    const subject =
      intentId === undefined ? `The charge ${chargeId ?? ''}` : `This PaymentIntent (${intentId})`;
    throw forbiddenByState(
      intentId === undefined ? 'charge_not_captured' : 'payment_intent_unexpected_state',
      `${subject} does not have a successful charge to refund.`,
    );
  }
  if (intent !== undefined && charge.payment_intent !== intent.id) {
    throw invalidRequest(
      undefined,
      `Charge ${charge.id} does not belong to PaymentIntent ${intent.id}.`,
      'charge',
    );
  }
  return charge;
}
