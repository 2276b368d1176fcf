import type { Transaction } from './transaction.ts';
import { checkStep } from './currencies.ts';
import { openDisputeOfMethod } from './disputes.ts';
import { forbiddenByState, invalidRequest } from './failure.ts';
import { unexpectedState } from './intent-changes.ts';
import type { Operation } from './operation.ts';
import { Params } from './params.ts';
import type { ChargeRecord, PaymentIntentRecord } from './records.ts';
import { renderIntent } from './render.ts';

const KNOWN_PARAMS =
  'amount_to_capture final_capture metadata expand amount_details application_fee_amount ' +
  'payment_details statement_descriptor statement_descriptor_suffix transfer_data';

/**
 * `POST /v1/payment_intents/{id}/capture`: captures the authorized amount or a part of it. A final capture releases the rest; with
 * `final_capture=false`, which needs multicapture, the rest stays authorized for the next capture. After a capture, a capture of 0
 * releases the rest (docs.stripe.com/payments/multicapture).
 */
export const captureIntent: Operation = (form, id) => {
  const params = new Params(form, KNOWN_PARAMS);
  const isZero = params.string('amount_to_capture') === '0';
  const requested = isZero ? 0 : params.amount('amount_to_capture');
  const final = params.boolean('final_capture') ?? true;
  params.metadata();
  return {
    run: (transaction) => {
      const authorized = transaction.intent(id);
      if (authorized.status !== 'requires_capture' || authorized.latest_charge === null)
        throw unexpectedState(authorized, 'capture');
      const charge = transaction.charge(authorized.latest_charge);
      const amount = requested ?? authorized.amount_capturable;
      checkCapture(authorized, charge, amount, final);
      const metadata = params.has('metadata') ? params.metadata(authorized.metadata) : authorized.metadata;
      transaction.put({ ...charge, amount_captured: charge.amount_captured + amount });
      const captured = transaction.put<PaymentIntentRecord>({
        ...authorized,
        amount_capturable: authorized.amount_capturable - amount,
        amount_received: authorized.amount_received + amount,
        metadata,
      });
      if (charge.multicapture === true)
        transaction.emit('payment_intent.amount_capturable_updated', captured);
      openDisputeOfMethod(transaction, captured);
      return { record: final ? release(transaction, captured) : captured };
    },
  };
};

/** Releases the rest of the authorization, after which nothing more can be captured: the payment has succeeded. */
export function release(transaction: Transaction, intent: PaymentIntentRecord): PaymentIntentRecord {
  if (intent.latest_charge !== null)
    transaction.put<ChargeRecord>({ ...transaction.charge(intent.latest_charge), captured: true });
  const done = transaction.put<PaymentIntentRecord>({ ...intent, amount_capturable: 0, status: 'succeeded' });
  transaction.emit('payment_intent.succeeded', done);
  return done;
}

function checkCapture(
  intent: PaymentIntentRecord,
  charge: ChargeRecord,
  amount: number,
  final: boolean,
): void {
  if (amount > intent.amount_capturable) {
    const message = `The amount_to_capture is greater than the amount of ${intent.amount_capturable} that can be captured.`;
    throw forbiddenByState('amount_too_large', message, {
      param: 'amount_to_capture',
      payment_intent: renderIntent(intent),
    });
  }
  checkStep(amount, intent.currency, 'amount_to_capture');
  if (amount === 0 && (!final || intent.amount_received === 0)) {
    const message = 'This value must be greater than or equal to 1.';
    throw invalidRequest('parameter_invalid_integer', message, 'amount_to_capture');
  }
  if (!final && charge.multicapture !== true) {
    throw invalidRequest(undefined, 'Multicapture is not available for this PaymentIntent.', 'final_capture');
  }
}
