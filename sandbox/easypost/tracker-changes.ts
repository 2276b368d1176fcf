import { newId, timestamp } from './ids.ts';
import type { EventRecord, Place, ShipmentRecord, TrackerRecord, TrackerStatus } from './records.ts';
import type { Scenario } from './scenario.ts';

const DELIVERY: readonly TrackerStatus[] = [
  'unknown',
  'pre_transit',
  'in_transit',
  'out_for_delivery',
  'delivered',
];
const ROUTES: Partial<Record<Scenario, readonly TrackerStatus[]>> = {
  sandbox_lost: ['unknown', 'pre_transit', 'in_transit', 'failure'],
  sandbox_returned: ['unknown', 'pre_transit', 'in_transit', 'out_for_delivery', 'return_to_sender'],
};

const MESSAGES: Readonly<Record<TrackerStatus, string>> = {
  unknown: 'No information yet',
  pre_transit: 'Shipping label created',
  in_transit: 'Departed facility',
  out_for_delivery: 'Out for delivery',
  available_for_pickup: 'Available for pickup',
  delivered: 'Delivered',
  return_to_sender: 'Returned to sender',
  failure: 'The parcel is lost',
  cancelled: 'The label was voided',
  error: 'The carrier has no information',
};

const NOWHERE: Place = { city: null, state: null, country: null, zip: null };

/** A report of the carrier. Members that are absent are chosen by the sandbox. */
export interface Report {
  readonly status?: TrackerStatus | undefined;
  readonly message?: string | undefined;
  /** Unix milliseconds. */
  readonly at?: number | undefined;
  readonly city?: string | undefined;
  readonly country?: string | undefined;
}

export interface Movement {
  readonly tracker: TrackerRecord;
  readonly event: EventRecord;
}

/** @param stepMs after how many milliseconds the parcel moves on by itself; 0: only by command */
export function createTracker(
  of: {
    readonly code: string;
    readonly carrier: string;
    readonly status?: TrackerStatus;
    readonly shipment?: ShipmentRecord;
  },
  stepMs: number,
): Movement {
  const { code, carrier, status = 'unknown', shipment } = of;
  const [from, to] = placesOf(shipment);
  const now = timestamp();
  const scenario = shipment?.scenario ?? null;
  const tracker: TrackerRecord = {
    object: 'Tracker',
    id: newId('trk'),
    created_at: now,
    updated_at: now,
    tracking_code: code,
    carrier,
    status,
    shipment_id: shipment?.id ?? null,
    weight: null,
    is_return: shipment?.is_return ?? false,
    details: [],
    from,
    to,
    scenario,
    moves_at: movesAt(status, scenario, stepMs),
  };
  return { tracker, event: eventOf('tracker.created', tracker, {}) };
}

/**
 * Moves the parcel on. Without a status it takes the next one of its route; by a status it may also move backwards, as carriers report
 * it. Returns undefined at the end of the route.
 */
export function moveOn(
  before: TrackerRecord,
  report: Report,
  stepMs: number,
  ounces: number | undefined,
): Movement | undefined {
  const status = report.status ?? nextStatus(before.status, before.scenario);
  if (status === undefined) return undefined;
  const arriving =
    status === 'out_for_delivery' || status === 'delivered' || status === 'available_for_pickup';
  const place = arriving ? before.to : status === 'in_transit' ? before.from : NOWHERE;
  const detail = {
    message: report.message ?? MESSAGES[status],
    status,
    datetime: timestamp(report.at),
    place: {
      ...place,
      ...(report.city !== undefined && { city: report.city }),
      ...(report.country !== undefined && { country: report.country }),
    },
  };
  const tracker: TrackerRecord = {
    ...before,
    status,
    updated_at: timestamp(),
    weight: status === 'in_transit' ? (ounces ?? before.weight) : before.weight,
    details: [...before.details, detail],
    moves_at: movesAt(status, before.scenario, stepMs),
  };
  return { tracker, event: eventOf('tracker.updated', tracker, { status: before.status }) };
}

function nextStatus(status: TrackerStatus, scenario: Scenario | null): TrackerStatus | undefined {
  const route = (scenario === null ? undefined : ROUTES[scenario]) ?? DELIVERY;
  const position = route.indexOf(status);
  return position === -1 ? undefined : route[position + 1];
}

const movesAt = (status: TrackerStatus, scenario: Scenario | null, stepMs: number): number | null =>
  stepMs === 0 || nextStatus(status, scenario) === undefined ? null : Date.now() + stepMs;

/** Where the parcel starts and ends. The addresses of a return are those of the parcel's first way. */
function placesOf(shipment: ShipmentRecord | undefined): [from: Place, to: Place] {
  if (shipment === undefined) return [NOWHERE, NOWHERE];
  const [from, to] = [shipment.from_address, shipment.to_address].map(
    ({ city, state, country, zip }): Place => ({ city, state, country, zip }),
  );
  const places: [Place, Place] = [from ?? NOWHERE, to ?? NOWHERE];
  return shipment.is_return ? [places[1], places[0]] : places;
}

const eventOf = (
  description: EventRecord['description'],
  result: TrackerRecord,
  previous_attributes: Record<string, string>,
): EventRecord => ({ id: newId('evt'), created_at: timestamp(), description, previous_attributes, result });
