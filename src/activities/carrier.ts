import { activityInfo, ApplicationFailure, log } from '@temporalio/activity';
import type { DueLabel, DueTracker, ShipmentStore } from '../adapters/postgres/shipment-store.ts';
import { CarrierRefused, type Carrier, type CarrierAddress } from '../contracts/ports/carrier.ts';
import type { CarrierActivities } from '../contracts/temporal/fulfilment.ts';
import { buyOrFind, callCarrier, carrierFailure } from './carrier-calls.ts';
import { permanentFaultsFail } from './database-faults.ts';

export interface CarrierParts {
  shipments: ShipmentStore;
  carrier: Carrier;
  /** `cheapest`, `fastest`, or one service of a carrier, such as `USPS/Priority`. */
  service: string;
}

/** A tracker that cannot be retrieved is asked for again later, after so many attempts. */
const TRACKING_ATTEMPTS = 3;

/** Buys, refunds and tracks. Every activity may run twice, also at the same time. */
export function createCarrierActivities({ shipments, carrier, service }: CarrierParts): CarrierActivities {
  /** Runs a statement of ours; its faults are failures of the database, not of the carrier. */
  const recorded = permanentFaultsFail;

  async function buy(due: DueLabel): Promise<void> {
    const { orderId, shipmentId } = due;
    const key = { orderId, shipmentId };
    const carrierShipmentId = due.carrierShipmentId ?? (await keep(due, await createCarrierShipment(due)));
    if (carrierShipmentId === undefined) return;
    const label = await buyOrFind(carrier, { carrierShipmentId, service }, () =>
      recorded(() => shipments.forgetCarrierShipment({ ...key, carrierShipmentId })),
    );
    await recorded(() => shipments.recordLabel({ ...key, carrierShipmentId, label }));
  }

  /** Returns the id to buy; `undefined` if no label is wanted any more, or the address was changed while the carrier was asked. */
  const keep = (
    { orderId, shipmentId, to }: DueLabel,
    carrierShipmentId: string,
  ): Promise<string | undefined> =>
    recorded(() => shipments.keepCarrierShipment({ orderId, shipmentId, carrierShipmentId, to }));

  /** The carrier shipment is kept before its label is bought, so that the label is bought once. */
  async function createCarrierShipment({
    shipmentId,
    location,
    from,
    to,
    weightGrams,
  }: DueLabel): Promise<string> {
    if (!from)
      throw carrierFailure(
        'AddressMissing',
        `Location ${location} has no address: set it, then retry the step`,
      );
    const verified = await carrier.verifyAddress(to);
    if (verified.result === 'refused')
      throw carrierFailure(
        'AddressRefused',
        `The carrier refuses the address (${verified.errors.map(({ field }) => field).join(', ')}): correct it with PUT /v1/orders/{orderId}/shipping`,
      );
    const corrected: CarrierAddress = { ...to, ...verified.corrections };
    const created = await carrier.createShipment({
      reference: shipmentId,
      from,
      to: corrected,
      parcel: { weightGrams },
    });
    return created.carrierShipmentId;
  }

  async function track({
    orderId,
    shipmentId,
    trackerId,
    trackingCode,
    carrier: name,
    changedAt,
  }: DueTracker): Promise<void> {
    const key = { orderId, shipmentId, ...(changedAt !== undefined && { changedAt }) };
    try {
      const tracker =
        trackerId === undefined
          ? await carrier.createTracker({ trackingCode, ...(name !== undefined && { carrier: name }) })
          : await carrier.retrieveTracker(trackerId);
      await recorded(() => shipments.recordTracking({ ...key, tracker }));
    } catch (error) {
      const isOver = error instanceof CarrierRefused || activityInfo().attempt >= TRACKING_ATTEMPTS;
      if (error instanceof ApplicationFailure || !isOver) throw error;
      // The warehouse may have reported a code or a carrier that does not exist: without this line nobody would know.
      if (error instanceof CarrierRefused)
        log.warn('the carrier refused to track a parcel; it is asked again later', {
          shipmentId,
          code: error.code,
        });
      await recorded(() => shipments.recordTracking(key));
    }
  }

  return {
    buyLabel: (orders) =>
      callCarrier(async () => forEach(await recorded(() => shipments.dueLabels(orders)), buy)),

    refundLabel: (orders) =>
      callCarrier(async () =>
        forEach(
          await recorded(() => shipments.dueLabelRefunds(orders)),
          async ({ orderId, shipmentId, carrierShipmentId, first }) => {
            const found = await carrier.findShipment({ carrierShipmentId });
            // Without a label there is nothing to refund, unless the request that buys it is still in progress: asked again tomorrow.
            const unbought = first ? 'submitted' : 'not_applicable';
            const refund = found?.label ? await requestRefund(carrier, carrierShipmentId) : unbought;
            await recorded(() => shipments.recordLabelRefund({ orderId, shipmentId, refund }));
          },
        ),
      ),

    trackShipments: (orders) =>
      callCarrier(async () => forEach(await recorded(() => shipments.dueTrackers(orders)), track)),
  };
}

async function requestRefund(carrier: Carrier, carrierShipmentId: string) {
  try {
    return await carrier.refundLabel(carrierShipmentId);
  } catch (error) {
    if (error instanceof CarrierRefused) return 'rejected' as const;
    throw error;
  }
}

/** Runs all of them, one after the other, and then fails if one has failed: a parcel must not wait for another. */
async function forEach<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  const failures: unknown[] = [];
  for (const item of items) {
    try {
      await run(item);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
