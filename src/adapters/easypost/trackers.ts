import {
  type Tracker,
  TRACKER_STATUSES,
  type TrackerDetail,
  type TrackerStatus,
} from '../../contracts/ports/carrier.ts';
import type { EasyPost } from './client.ts';
import { nullable } from './nullable.ts';

type EasyPostTracker = Awaited<ReturnType<EasyPost['Tracker']['retrieve']>>;

export async function retrieveTracker(easypost: EasyPost, trackerId: string): Promise<Tracker> {
  return trackerOf(await easypost.Tracker.retrieve(trackerId));
}

export async function createTracker(
  easypost: EasyPost,
  { trackingCode, carrier }: { trackingCode: string; carrier?: string },
): Promise<Tracker> {
  const params = { tracking_code: trackingCode, ...(carrier !== undefined && { carrier }) };
  return trackerOf(await easypost.Tracker.create(params));
}

function trackerOf(tracker: EasyPostTracker): Tracker {
  const carrier = textOf(tracker.carrier);
  const trackingUrl = textOf(tracker.public_url);
  return {
    trackerId: tracker.id,
    trackingCode: tracker.tracking_code,
    ...(carrier !== undefined && { carrier }),
    status: statusOf(tracker.status),
    ...(trackingUrl !== undefined && { trackingUrl }),
    details: tracker.tracking_details.map(detailOf).sort((a, b) => Date.parse(a.at) - Date.parse(b.at)),
  };
}

function detailOf(detail: EasyPostTracker['tracking_details'][number]): TrackerDetail {
  const message = textOf(detail.message);
  const place = nullable(detail.tracking_location);
  const [city, country] = [textOf(place?.city), textOf(place?.country)];
  return {
    at: new Date(detail.datetime).toISOString(),
    status: statusOf(detail.status),
    ...(message !== undefined && { message }),
    ...(city !== undefined && { city }),
    ...(country !== undefined && { country }),
  };
}

/** A status that is new at EasyPost says nothing about the parcel yet. */
const statusOf = (status: string): TrackerStatus =>
  TRACKER_STATUSES.find((each) => each === status) ?? 'unknown';

function textOf(value: string | undefined): string | undefined {
  const text = nullable(value) ?? '';
  return text === '' ? undefined : text;
}
