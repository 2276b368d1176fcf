import { forbiddenByState } from './failure.ts';
import { unexpectedState } from './intent-changes.ts';
import type { Operation } from './operation.ts';
import { Params } from './params.ts';
import type { PaymentIntentRecord } from './records.ts';
import { renderIntent } from './render.ts';

const known =
  'amount_to_capture final_capture metadata expand amount_details application_fee_amount ' +
  'payment_details statement_descriptor statement_descriptor_suffix transfer_data';

/**
 * `POST /v1/payment_intents/{id}/capture`: takes what is held, whole or in part. What a final capture leaves is released;
 * with `final_capture=false` it stays held for the next one (docs.stripe.com/payments/multicapture).
 */
export const captureIntent: Operation = (form, id) => {
  const params = new Params(form, known);
  const asked = params.amount('amount_to_capture');
  const final = params.boolean('final_capture') ?? true;
  params.metadata();
  return {
    run: (draft) => {
      const intent = draft.intent(id);
      if (intent.status !== 'requires_capture' || intent.latest_charge === null)
        throw unexpectedState(intent, 'capture');
      const amount = asked ?? intent.amount_capturable;
      if (amount > intent.amount_capturable) {
        const message = `The amount_to_capture is greater than the amount of ${intent.amount_capturable} that can be captured.`;
        throw forbiddenByState('amount_too_large', message, {
          param: 'amount_to_capture',
          payment_intent: renderIntent(intent),
        });
      }
      const left = final ? 0 : intent.amount_capturable - amount;
      const charge = draft.charge(intent.latest_charge);
      draft.put({ ...charge, amount_captured: charge.amount_captured + amount, captured: true });
      const taken = draft.put<PaymentIntentRecord>({
        ...intent,
        amount_capturable: left,
        amount_received: intent.amount_received + amount,
        metadata: params.has('metadata') ? params.metadata(intent.metadata) : intent.metadata,
        status: left === 0 ? 'succeeded' : 'requires_capture',
      });
      draft.emit(left === 0 ? 'payment_intent.succeeded' : 'payment_intent.amount_capturable_updated', taken);
      return { record: taken };
    },
  };
};
