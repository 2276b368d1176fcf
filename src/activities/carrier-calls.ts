import { ApplicationFailure } from '@temporalio/activity';
import {
  CarrierRefused,
  CarrierUnavailable,
  type Carrier,
  type Label,
  type LabelRequest,
} from '../contracts/ports/carrier.ts';
import { withHeartbeat } from './heartbeat.ts';

/** What an operator can do about a refusal that says too little by its code. */
const ADVICE: ReadonlyMap<string, string> = new Map([
  [
    'customs_required',
    'the parcel needs a customs declaration, which is not supported. Buy its label elsewhere, and report what was handed over',
  ],
]);

/** Turns what the carrier throws into failures that say what an operator needs, without the customer's data. */
export async function callCarrier<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await withHeartbeat(run);
  } catch (error) {
    if (error instanceof ApplicationFailure) throw error;
    if (error instanceof CarrierRefused) {
      const advice = ADVICE.get(error.code);
      throw carrierFailure(
        'CarrierRefused',
        `The carrier refuses to sell the label (${error.code})${advice === undefined ? '' : `: ${advice}`}`,
      );
    }
    const reason = error instanceof CarrierUnavailable ? 'is unavailable' : 'gave no certain answer';
    throw ApplicationFailure.retryable(`The carrier ${reason}`, 'CarrierUnavailable');
  }
}

/** A failure that is not retried until an operator has decided or something has changed. */
export const carrierFailure = (type: string, message: string): ApplicationFailure =>
  ApplicationFailure.nonRetryable(message, type);

/**
 * Buys a label. A refusal may mean that another attempt has bought it in the meantime; otherwise `forget` is called, so that the next
 * attempt creates another shipment, for example with a corrected address.
 */
export async function buyOrFind(
  carrier: Carrier,
  request: LabelRequest,
  forget: () => Promise<unknown>,
): Promise<Label> {
  try {
    return await carrier.buyLabel(request);
  } catch (error) {
    if (!(error instanceof CarrierRefused)) throw error;
    const found = await carrier.findShipment({ carrierShipmentId: request.carrierShipmentId });
    if (found?.label && found.refund === undefined) return found.label;
    await forget();
    throw error;
  }
}
