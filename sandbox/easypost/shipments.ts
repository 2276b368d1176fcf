import { addressOf } from './addresses.ts';
import type { Body } from './body.ts';
import { CUSTOMS_MISSING, needsCustoms } from './customs.ts';
import { notFound, requiredParameter, unprocessable } from './failure.ts';
import { EasyPostFailure } from './failure.ts';
import { newId, timestamp } from './ids.ts';
import type { EasyPostLedger } from './ledger.ts';
import { ratesOf } from './rates.ts';
import type { AddressRecord, RateRecord, RefundStatus, ShipmentRecord } from './records.ts';
import { scenarioOf } from './scenario.ts';

const NO_SERVICE: ShipmentRecord['messages'][number] = {
  carrier: 'USPS',
  type: 'rate_error',
  message: 'No service delivers to this address. (sandbox)',
};

/** @throws {EasyPostFailure} if something is missing or not valid */
export function createShipment(body: Body, ledger: EasyPostLedger): ShipmentRecord {
  const shipment = body.object('shipment');
  if (shipment.isEmpty) throw requiredParameter('shipment');
  const to = addressIn(shipment, 'to_address', ledger);
  const from = addressIn(shipment, 'from_address', ledger);
  const weight = shipment.object('parcel').number('weight');
  if (weight === null) throw requiredParameter('parcel');
  if (weight <= 0)
    throw unprocessable('PARCEL.PARAMETERS.INVALID', 'Invalid parcel. (sandbox)', [
      { field: 'weight', message: 'must be greater than 0' },
    ]);
  const scenario = scenarioOf(to);
  const hasCustoms = !shipment.object('customs_info').isEmpty || shipment.text('customs_info') !== null;
  const customsMissing = needsCustoms(from, to) && !hasCustoms;
  const rates = customsMissing ? [] : ratesOf({ from, to }, weight, scenario);
  const now = timestamp();
  return {
    object: 'Shipment',
    id: newId('shp'),
    created_at: now,
    updated_at: now,
    reference: shipment.text('reference'),
    is_return: shipment.flag('is_return'),
    to_address: to,
    from_address: from,
    parcel: { id: newId('prcl'), weight },
    messages: rates.length > 0 ? [] : [customsMissing ? CUSTOMS_MISSING : NO_SERVICE],
    rates,
    selected_rate: null,
    postage_label: null,
    tracker: null,
    refund_status: null,
    scenario: scenario ?? null,
    moves_at: null,
  };
}

/** An address in a shipment: a new one, or the id of one. */
function addressIn(shipment: Body, name: string, ledger: EasyPostLedger): AddressRecord {
  const address = shipment.object(name);
  const id = address.text('id') ?? shipment.text(name);
  if (id !== null) {
    const known = ledger.addresses.get(id);
    if (known === undefined) throw notFound();
    return known;
  }
  if (address.isEmpty) throw requiredParameter(name);
  return addressOf(address);
}

/** @throws {EasyPostFailure} if the shipment has a label already */
export function requireNoLabel(shipment: ShipmentRecord): void {
  if (shipment.postage_label !== null)
    throw unprocessable('SHIPMENT.POSTAGE.EXISTS', 'Postage already exists for this shipment.');
}

/** @throws {EasyPostFailure} if the rate is missing, or the label is not sold */
export function rateToBuy(shipment: ShipmentRecord, body: Body): RateRecord {
  const id = body.object('rate').text('id');
  if (id === null) throw requiredParameter('rate');
  const rate = shipment.rates.find((each) => each.id === id);
  if (rate === undefined) throw notFound();
  if (shipment.scenario === 'sandbox_no_funds')
    throw new EasyPostFailure(402, 'PAYMENT_REQUIRED', 'Insufficient funds. (sandbox)');
  if (shipment.scenario === 'sandbox_no_label')
    throw unprocessable('SHIPMENT.POSTAGE.FAILURE', 'The carrier refuses the shipment. (sandbox)');
  return rate;
}

/** @throws {EasyPostFailure} if there is no label, or the parcel was handed over */
export function requestRefund(
  shipment: ShipmentRecord,
  { handedOver, stepMs }: { handedOver: boolean; stepMs: number },
): ShipmentRecord {
  if (shipment.postage_label === null)
    throw unprocessable('SHIPMENT.POSTAGE.REQUIRED', 'The shipment has no postage. (sandbox)');
  if (handedOver)
    throw unprocessable(
      'SHIPMENT.REFUND.UNAVAILABLE',
      'Unable to request refund. The parcel has been shipped.',
    );
  const { refund_status, scenario } = shipment;
  if (refund_status !== null && refund_status !== 'rejected') return shipment;
  const rejected = scenario === 'sandbox_refund_rejected' && refund_status === null;
  return {
    ...withRefund(shipment, rejected ? 'rejected' : 'submitted'),
    moves_at: rejected || stepMs === 0 ? null : Date.now() + stepMs,
  };
}

export const withRefund = (shipment: ShipmentRecord, refund_status: RefundStatus): ShipmentRecord => ({
  ...shipment,
  refund_status,
  updated_at: timestamp(),
  moves_at: null,
});
