import type { Transaction } from './transaction.ts';
import { forbiddenByState, invalid } from './failure.ts';
import { unexpectedState } from './intent-changes.ts';
import type { Operation } from './operation.ts';
import { Params } from './params.ts';
import type { ChargeRecord, PaymentIntentRecord } from './records.ts';
import { renderIntent } from './render.ts';

const known =
  'amount_to_capture final_capture metadata expand amount_details application_fee_amount ' +
  'payment_details statement_descriptor statement_descriptor_suffix transfer_data';

/**
 * `POST /v1/payment_intents/{id}/capture`: takes what is held, whole or in part. What a final capture leaves is released;
 * with `final_capture=false`, where multicapture is available, it stays held for the next one. After a capture, one of 0
 * releases the rest (docs.stripe.com/payments/multicapture).
 */
export const captureIntent: Operation = (form, id) => {
  const params = new Params(form, known);
  const nothing = params.string('amount_to_capture') === '0';
  const asked = nothing ? 0 : params.amount('amount_to_capture');
  const final = params.boolean('final_capture') ?? true;
  params.metadata();
  return {
    run: (draft) => {
      const held = draft.intent(id);
      if (held.status !== 'requires_capture' || held.latest_charge === null)
        throw unexpectedState(held, 'capture');
      const charge = draft.charge(held.latest_charge);
      const amount = asked ?? held.amount_capturable;
      refuseWhatCannotBe(held, charge, amount, final);
      const metadata = params.has('metadata') ? params.metadata(held.metadata) : held.metadata;
      draft.put({ ...charge, amount_captured: charge.amount_captured + amount });
      const taken = draft.put<PaymentIntentRecord>({
        ...held,
        amount_capturable: held.amount_capturable - amount,
        amount_received: held.amount_received + amount,
        metadata,
      });
      if (charge.multicapture === true) draft.emit('payment_intent.amount_capturable_updated', taken);
      return { record: final ? release(draft, taken) : taken };
    },
  };
};

/** No more is captured: what is left goes back to the card, and the payment has succeeded. */
export function release(draft: Transaction, intent: PaymentIntentRecord): PaymentIntentRecord {
  if (intent.latest_charge !== null)
    draft.put<ChargeRecord>({ ...draft.charge(intent.latest_charge), captured: true });
  const done = draft.put<PaymentIntentRecord>({ ...intent, amount_capturable: 0, status: 'succeeded' });
  draft.emit('payment_intent.succeeded', done);
  return done;
}

function refuseWhatCannotBe(
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
  if (amount === 0 && (!final || intent.amount_received === 0)) {
    const message = 'This value must be greater than or equal to 1.';
    throw invalid('parameter_invalid_integer', message, 'amount_to_capture');
  }
  if (!final && charge.multicapture !== true) {
    throw invalid(undefined, 'Multicapture is not available for this PaymentIntent.', 'final_capture');
  }
}
