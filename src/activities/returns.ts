import { ApplicationFailure } from '@temporalio/activity';
import type { ReturnStore } from '../adapters/postgres/return-store.ts';
import type { GivenBy } from '../contracts/actor.ts';
import { Problem } from '../contracts/errors.ts';
import type { OrderRequest } from '../contracts/http/order.ts';
import type { Carrier } from '../contracts/ports/carrier.ts';
import type {
  ReturnActivities,
  ReturnDetails,
  ReturnInput,
  ReturnStepActivities,
} from '../contracts/temporal/returns.ts';
import { buyOrFind, callCarrier, carrierFailure } from './carrier-calls.ts';
import { permanentFaultsFail } from './database-faults.ts';
import { withHeartbeat } from './heartbeat.ts';

export interface ReturnActivityParts {
  returns: ReturnStore;
  carrier: Carrier;
  /** `cheapest`, `fastest`, or one service of a carrier. */
  service: string;
  /** Places an order, once for each key, and returns its id as soon as it is durable. */
  placeOrder(order: GivenBy & { clientId: string; key: string; request: OrderRequest }): Promise<string>;
}

/** The activities of returns. Every call may run twice. */
export function createReturnActivities(parts: ReturnActivityParts): ReturnStepActivities & ReturnActivities {
  const { returns } = parts;
  return {
    readReturnWork: (inputs) =>
      permanentFaultsFail(() => Promise.all(inputs.map(({ returnId }) => returns.work(returnId)))),
    closeReturn: (inputs) =>
      forEach(inputs, ({ returnId }) =>
        permanentFaultsFail(() => returns.decide({ returnId, action: 'close' })),
      ),
    skipReturnLabel: (inputs) =>
      forEach(inputs, ({ returnId }) =>
        permanentFaultsFail(() => returns.recordLabel({ returnId, label: 'skipped' })),
      ),
    skipExchange: (inputs) =>
      forEach(inputs, ({ returnId }) =>
        permanentFaultsFail(() => returns.recordExchange({ returnId, exchangeState: 'skipped' })),
      ),
    buyReturnLabel: (inputs) => callCarrier(() => forEach(inputs, (input) => buyReturnLabel(parts, input))),
    placeExchangeOrder: (inputs) =>
      withHeartbeat(() => forEach(inputs, (input) => placeExchangeOrder(parts, input))),
  };
}

async function forEach(inputs: ReturnInput[], run: (input: ReturnInput) => Promise<unknown>): Promise<void> {
  await Promise.all(inputs.map(run));
}

/**
 * The carrier's shipment is kept before its label is bought, and after an unknown answer the carrier is asked for it: so that no label
 * is bought twice.
 */
async function buyReturnLabel(
  { returns, carrier, service }: ReturnActivityParts,
  { returnId }: ReturnInput,
): Promise<void> {
  const work = await permanentFaultsFail(() => returns.work(returnId));
  // The return was cancelled or closed while the step waited.
  if (work.label !== 'wanted' || work.status !== 'open') return;
  const details = await permanentFaultsFail(() => returns.details(returnId));
  const created = details.carrierShipmentId ?? (await createShipment(carrier, details));
  const kept = await permanentFaultsFail(() => returns.recordLabel({ returnId, carrierShipmentId: created }));
  const carrierShipmentId = kept.carrierShipmentId ?? created;
  const bought = await buyOrFind(carrier, { carrierShipmentId, service }, () =>
    permanentFaultsFail(() => returns.recordLabel({ returnId, carrierShipmentId, label: 'refused' })),
  );
  const { carrier: name, trackingCode, labelUrl } = bought;
  await permanentFaultsFail(() =>
    returns.recordLabel({ returnId, label: 'bought', carrier: name, trackingCode, labelUrl }),
  );
}

/** Creates another one each time: the addresses may have been corrected, and only the one that is kept is bought. */
async function createShipment(carrier: Carrier, details: ReturnDetails): Promise<string> {
  const { returnId, shipping, location, weightGrams } = details;
  if (!shipping) throw carrierFailure('AddressMissing', 'The order has no address to send the parcel from');
  if (!location.address)
    throw carrierFailure(
      'AddressMissing',
      `Location ${location.locationId} has no address: set it, then retry the step`,
    );
  const created = await carrier.createShipment({
    reference: returnId,
    from: shipping,
    to: location.address,
    parcel: { weightGrams },
    isReturn: true,
  });
  return created.carrierShipmentId;
}

/** Places the order of an exchange for the same customer and address, on the payment method of the order that is returned. */
async function placeExchangeOrder(parts: ReturnActivityParts, { returnId }: ReturnInput): Promise<void> {
  const { returns } = parts;
  const details = await permanentFaultsFail(() => returns.details(returnId));
  const { clientId, customer, shipping, locale, currency, paymentMethod, exchange = [] } = details;
  try {
    const exchangeOrderId = await parts.placeOrder({
      clientId,
      actor: { type: 'system' },
      key: `exchange/${returnId}`,
      request: {
        customer,
        currency,
        lines: exchange,
        payment: { method: paymentMethod },
        ...(shipping && { shipping }),
        ...(locale && { locale }),
      },
    });
    await permanentFaultsFail(() =>
      returns.recordExchange({ returnId, exchangeState: 'placed', exchangeOrderId }),
    );
  } catch (error) {
    if (error instanceof Problem && error.code !== 'unavailable' && error.code !== 'too_busy')
      throw ApplicationFailure.nonRetryable(
        `The order of the exchange was refused: ${error.code}`,
        'ExchangeRefused',
      );
    throw error;
  }
}
