import {
  type Tracker,
  TRACKER_STATUSES,
  type TrackerDetail,
  type TrackerStatus,
} from '../../contracts/ports/carrier.ts';
import type { EasyPost } from './client.ts';
import { calling } from './errors.ts';

type EasyPostTracker = Awaited<ReturnType<EasyPost['Tracker']['retrieve']>>;

export async function retrieveTracker(easypost: EasyPost, trackerId: string): Promise<Tracker> {
  return trackerOf(await calling(() => easypost.Tracker.retrieve(trackerId)));
}

export async function createTracker(
  easypost: EasyPost,
  { trackingCode, carrier }: { trackingCode: string; carrier?: string },
): Promise<Tracker> {
  const params = { tracking_code: trackingCode, ...(carrier !== undefined && { carrier }) };
  return trackerOf(await calling(() => easypost.Tracker.create(params)));
}

function trackerOf(tracker: EasyPostTracker): Tracker {
  // EasyPost's types do not say that these may be null.
  const { carrier, public_url: url }: { carrier: string | null; public_url: string | null } = tracker;
  return {
    trackerId: tracker.id,
    trackingCode: tracker.tracking_code,
    ...(carrier !== null && { carrier }),
    status: statusOf(tracker.status),
    ...(url !== null && { trackingUrl: url }),
    details: tracker.tracking_details.map(detailOf).sort((a, b) => Date.parse(a.at) - Date.parse(b.at)),
  };
}

function detailOf(detail: EasyPostTracker['tracking_details'][number]): TrackerDetail {
  const { datetime, message }: { datetime: string; message: string | null } = detail;
  const { city, country }: { city?: string | null; country?: string | null } = detail.tracking_location;
  return {
    at: new Date(datetime).toISOString(),
    status: statusOf(detail.status),
    ...(isText(message) && { message }),
    ...(isText(city) && { city }),
    ...(isText(country) && { country }),
  };
}

/** A status that is new at EasyPost says nothing about the parcel yet. */
const statusOf = (status: string | null): TrackerStatus =>
  TRACKER_STATUSES.find((each) => each === status) ?? 'unknown';

const isText = (value: string | null | undefined): value is string =>
  value !== null && value !== undefined && value !== '';
