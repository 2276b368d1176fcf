import type { Carrier } from '../../contracts/ports/carrier.ts';
import type { EasyPost } from './client.ts';
import { verifyAddress } from './addresses.ts';
import { buyLabel, createShipment, findShipment, listShipments, refundLabel } from './shipments.ts';
import { createTracker, retrieveTracker } from './trackers.ts';

export function createCarrier(easypost: EasyPost): Carrier {
  return {
    verifyAddress: (address) => verifyAddress(easypost, address),
    createShipment: (request) => createShipment(easypost, request),
    buyLabel: (request) => buyLabel(easypost, request),
    findShipment: (by) => findShipment(easypost, by),
    refundLabel: (carrierShipmentId) => refundLabel(easypost, carrierShipmentId),
    retrieveTracker: (trackerId) => retrieveTracker(easypost, trackerId),
    createTracker: (request) => createTracker(easypost, request),
    listShipments: (since) => listShipments(easypost, since),
  };
}
