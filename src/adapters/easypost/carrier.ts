import type { Carrier } from '../../contracts/ports/carrier.ts';
import type { EasyPost } from './client.ts';
import { verifyAddress } from './addresses.ts';
import { calling } from './errors.ts';
import { buyLabel, createShipment, findShipment, listShipments, refundLabel } from './shipments.ts';
import { createTracker, retrieveTracker } from './trackers.ts';

/** Every error becomes one of the port's, also that of an answer which is not as EasyPost documents it. */
export function createCarrier(easypost: EasyPost): Carrier {
  return {
    verifyAddress: (address) => calling(() => verifyAddress(easypost, address)),
    createShipment: (request) => calling(() => createShipment(easypost, request)),
    buyLabel: (request) => calling(() => buyLabel(easypost, request)),
    findShipment: (by) => calling(() => findShipment(easypost, by)),
    refundLabel: (carrierShipmentId) => calling(() => refundLabel(easypost, carrierShipmentId)),
    retrieveTracker: (trackerId) => calling(() => retrieveTracker(easypost, trackerId)),
    createTracker: (request) => calling(() => createTracker(easypost, request)),
    listShipments: (since, until) => listShipments(easypost, since, until),
  };
}
