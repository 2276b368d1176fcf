import type { FastifyInstance, FastifyReply } from 'fastify';
import type { EasyPostSandbox } from '../easypost/easypost.ts';
import { labelPage, trackingPage } from '../easypost/pages.ts';
import { REFUND_STATUSES, TRACKER_STATUSES } from '../easypost/records.ts';
import type { TrackerRecord } from '../easypost/records.ts';
import { jsonOf, renderShipment, renderTracker } from '../easypost/render.ts';
import { faultRoutes } from './fault-routes.ts';
import { badRequest, count, fields, text } from './fields.ts';

interface IdParams {
  Params: { id: string };
}

/**
 * Endpoints that change parcels as a carrier does, and the pages that labels and trackers link to. `:id` of a parcel is the id of its
 * tracker, the id of its shipment, or its tracking code.
 */
export function shippingRoutes(app: FastifyInstance, easypost: EasyPostSandbox): void {
  const { ledger, service, faults, webhooks, baseUrl, flushed } = easypost;
  faultRoutes(app, '/sandbox/easypost/faults', faults);

  app.post('/sandbox/easypost/outage', ({ body }) => {
    const { until } = fields(body);
    const at = typeof until === 'string' ? Date.parse(until) : Number.NaN;
    if (Number.isNaN(at)) throw badRequest('until must be an ISO 8601 time');
    faults.endOutageAt(at);
    return { until: new Date(at).toISOString() };
  });

  app.get('/sandbox/easypost/summary', async () => {
    const summary = summarize(easypost);
    await flushed();
    return summary;
  });

  app.post<IdParams>('/sandbox/parcels/:id/report', async ({ params: { id }, body }, reply) => {
    const tracker = parcelOf(easypost, id);
    if (tracker === undefined) return missing(reply, `There is no parcel ${id}.`);
    const { status, message, at, city, country } = fields(body);
    const moved = await service.report(tracker.id, {
      status: oneOf(status, TRACKER_STATUSES, 'status'),
      message: text(message),
      at: timeIn(at),
      city: text(city),
      country: text(country),
    });
    if (moved === undefined)
      return reply
        .code(409)
        .send({ error: { message: `The parcel is ${tracker.status} and moves no more.` } });
    return reply.type('application/json').send(jsonOf(renderTracker(moved, baseUrl())));
  });

  app.post<IdParams>('/sandbox/parcels/:id/refund', async ({ params: { id }, body }, reply) => {
    const shipmentId = ledger.shipment(id)?.id ?? parcelOf(easypost, id)?.shipment_id ?? '';
    if (ledger.shipments.get(shipmentId) === undefined) return missing(reply, `There is no parcel ${id}.`);
    const status = oneOf(fields(body)['status'] ?? 'refunded', REFUND_STATUSES, 'status') ?? 'refunded';
    const decided = await service.decideRefund(shipmentId, status);
    const tracker = ledger.trackers.get(decided.tracker ?? '');
    return reply.type('application/json').send(jsonOf(renderShipment(decided, tracker, baseUrl())));
  });

  app.post('/sandbox/easypost/webhooks/resend', async ({ body }) => {
    const { parcel, times, reverse } = fields(body);
    if (webhooks === undefined)
      throw badRequest(
        'The sandbox has no webhook URL of EasyPost. Start it with SANDBOX_EASYPOST_WEBHOOK_URL.',
      );
    const trackerId = text(parcel) === undefined ? undefined : parcelOf(easypost, text(parcel) ?? '')?.id;
    const events = [...ledger.events.values()].filter(
      ({ result }) => text(parcel) === undefined || result.id === trackerId,
    );
    if (reverse === true) events.reverse();
    const repeated = Array.from({ length: count(times, 1, 'times') }, () => events).flat();
    return { sent: repeated.length, accepted: await webhooks.resend(repeated) };
  });

  app.get<IdParams>('/sandbox/labels/:id', ({ params: { id } }, reply) => {
    for (const shipment of ledger.shipments.values()) {
      const tracker = ledger.trackers.get(shipment.tracker ?? '');
      if (shipment.postage_label?.id === id && tracker !== undefined)
        return reply.type('text/html; charset=utf-8').send(labelPage(shipment, tracker));
    }
    return missing(reply, `There is no label ${id}.`);
  });

  app.get<IdParams>('/sandbox/track/:id', ({ params: { id } }, reply) => {
    const tracker = parcelOf(easypost, id);
    if (tracker === undefined) return missing(reply, `There is no parcel ${id}.`);
    return reply.type('text/html; charset=utf-8').send(trackingPage(tracker));
  });
}

/** Finds the tracker of a parcel by its own id, by the id or the reference of the shipment, or by the tracking code. */
function parcelOf({ ledger }: EasyPostSandbox, id: string): TrackerRecord | undefined {
  const known = ledger.trackers.get(id) ?? ledger.trackers.get(ledger.shipment(id)?.tracker ?? '');
  if (known !== undefined) return known;
  let newest: TrackerRecord | undefined;
  for (const tracker of ledger.trackers.values()) if (tracker.tracking_code === id) newest = tracker;
  return newest;
}

/** Returns counts of all records. */
function summarize({ ledger }: EasyPostSandbox): object {
  const trackers: Record<string, number> = {};
  const refunds: Record<string, number> = {};
  let labels = 0;
  for (const { status } of ledger.trackers.values()) trackers[status] = (trackers[status] ?? 0) + 1;
  for (const { postage_label, refund_status } of ledger.shipments.values()) {
    if (postage_label !== null) labels += 1;
    if (refund_status !== null) refunds[refund_status] = (refunds[refund_status] ?? 0) + 1;
  }
  return {
    shipments: ledger.shipments.size,
    labels,
    refunds,
    trackers,
    pendingWebhooks: ledger.pending.size,
  };
}

function missing(reply: FastifyReply, message: string): FastifyReply {
  return reply.code(404).send({ error: { message } });
}

function oneOf<const T extends string>(value: unknown, allowed: readonly T[], name: string): T | undefined {
  if (value === undefined) return undefined;
  const found = allowed.find((each) => each === value);
  if (found === undefined) throw badRequest(`${name} must be one of ${allowed.join(', ')}`);
  return found;
}

function timeIn(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(time)) throw badRequest('at must be an ISO 8601 time');
  return time;
}
