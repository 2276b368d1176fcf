import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { requireVerified, verified } from './addresses.ts';
import { authenticateKey } from './authorization.ts';
import { Body } from './body.ts';
import { EasyPostFailure, notFound, serverError } from './failure.ts';
import type { EasyPostFaults, RequestKind } from './faults.ts';
import type { EasyPostLedger } from './ledger.ts';
import { pageOf } from './lists.ts';
import type { ShipmentRecord } from './records.ts';
import { jsonOf, renderAddress, renderEvent, renderShipment, renderTracker } from './render.ts';
import type { EasyPostService } from './service.ts';

export interface EasyPostRoutesOptions {
  readonly ledger: EasyPostLedger;
  readonly service: EasyPostService;
  readonly faults: EasyPostFaults;
  /** Returns the base URL of the sandbox, for links to its own pages. */
  readonly baseUrl: () => string;
  /** Resolves when all changes of the ledger are written to its journal. */
  readonly flushed: () => Promise<void>;
}

/** What an endpoint answers: a body, and whether its connection is closed instead. */
interface Answer {
  readonly status?: number;
  readonly body: object;
  readonly drop?: boolean;
}
type Endpoint = (id: string, input: Body) => Answer | Promise<Answer>;

/** EasyPost's API. The scope of `app` must have the prefix `/v2`. */
export function easyPostRoutes(app: FastifyInstance, options: EasyPostRoutesOptions): void {
  const { ledger, service, faults, baseUrl, flushed } = options;
  app.addHook('onRequest', async (request, reply) => {
    reply.type('application/json; charset=utf-8');
    authenticateKey(request.headers.authorization);
    return Promise.resolve();
  });
  app.setErrorHandler((error, _request, reply) => {
    const failure = failureOf(error);
    return reply.code(failure.status).type('application/json; charset=utf-8').send(failure.body);
  });
  app.setNotFoundHandler(() => {
    throw notFound();
  });

  const shipmentBody = (shipment: ShipmentRecord): object =>
    renderShipment(shipment, ledger.trackers.get(shipment.tracker ?? ''), baseUrl());
  const serve = (method: 'GET' | 'POST', path: string, kind: RequestKind, endpoint: Endpoint): void => {
    app.route({
      method,
      url: path,
      handler: async (request, reply) => {
        if (faults.shouldDrop('dropBefore', kind)) return dropConnection(request, reply);
        const failure = faults.failure(kind);
        if (failure) throw failure;
        const input = new Body(method === 'GET' ? request.query : request.body);
        const { status = 200, body, drop = false } = await endpoint(idOf(request), input);
        await flushed();
        if (drop || faults.shouldDrop('dropAfter', kind)) return dropConnection(request, reply);
        return reply.code(status).send(jsonOf(body));
      },
    });
  };

  serve('POST', '/addresses', 'verify', async (_id, body) => ({
    status: 201,
    body: renderAddress(await service.createAddress(body)),
  }));
  serve('POST', '/addresses/create_and_verify', 'verify', async (_id, body) => ({
    body: { address: renderAddress(await service.createAddress(body, true)) },
  }));
  serve('GET', '/addresses/:id', 'retrieve', (id) => ({
    body: renderAddress(found(ledger.addresses.get(id))),
  }));
  serve('GET', '/addresses/:id/verify', 'retrieve', (id) => ({
    body: { address: renderAddress(requireVerified(verified(found(ledger.addresses.get(id))))) },
  }));

  serve('POST', '/shipments', 'shipment', async (_id, body) => ({
    status: 201,
    body: shipmentBody(await service.createShipment(body)),
  }));
  serve('GET', '/shipments', 'list', (_id, query) => {
    const purchased = query.text('purchased');
    const { items, hasMore } = pageOf(
      ledger.shipments,
      query,
      ({ postage_label }) => purchased === null || (postage_label !== null) === query.flag('purchased'),
    );
    return { body: { shipments: items.map(shipmentBody), has_more: hasMore } };
  });
  serve('GET', '/shipments/:id', 'retrieve', (id) => ({ body: shipmentBody(found(ledger.shipment(id))) }));
  serve('POST', '/shipments/:id/rerate', 'shipment', async (id) => ({
    body: shipmentBody(await service.rerate(id)),
  }));
  serve('POST', '/shipments/:id/buy', 'buy', async (id, body) => {
    const shipment = await service.buy(id, body);
    return { body: shipmentBody(shipment), drop: shipment.scenario === 'sandbox_answer_lost' };
  });
  serve('POST', '/shipments/:id/refund', 'refund', async (id) => ({
    body: shipmentBody(await service.refund(id)),
  }));

  serve('POST', '/trackers', 'track', async (_id, body) => ({
    status: 201,
    body: renderTracker(await service.track(body), baseUrl()),
  }));
  serve('GET', '/trackers', 'list', (_id, query) => {
    const [code, carrier] = [query.text('tracking_code'), query.text('carrier')];
    const { items, hasMore } = pageOf(
      ledger.trackers,
      query,
      (tracker) =>
        (code === null || tracker.tracking_code === code) &&
        (carrier === null || tracker.carrier === carrier),
    );
    return { body: { trackers: items.map((each) => renderTracker(each, baseUrl())), has_more: hasMore } };
  });
  serve('GET', '/trackers/:id', 'retrieve', (id) => ({
    body: renderTracker(found(ledger.trackers.get(id)), baseUrl()),
  }));

  const eventBody = (event: Parameters<typeof renderEvent>[0]): object =>
    renderEvent(event, ledger.pending.has(event.id), baseUrl());
  serve('GET', '/events', 'list', (_id, query) => {
    const { items, hasMore } = pageOf(ledger.events, query);
    return { body: { events: items.map(eventBody), has_more: hasMore } };
  });
  serve('GET', '/events/:id', 'retrieve', (id) => ({ body: eventBody(found(ledger.events.get(id))) }));
}

function found<T>(record: T | undefined): T {
  if (record === undefined) throw notFound();
  return record;
}

function idOf({ params }: FastifyRequest): string {
  return typeof params === 'object' && params !== null && 'id' in params ? String(params.id) : '';
}

function failureOf(error: unknown): EasyPostFailure {
  if (error instanceof EasyPostFailure) return error;
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
  if (status >= 500) return serverError();
  return new EasyPostFailure(400, 'BAD_REQUEST', error instanceof Error ? error.message : 'Bad request.');
}

/** Closes the connection without a response, so that the client does not know the outcome of its request. */
function dropConnection(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.hijack();
  request.raw.socket.destroy();
  return reply;
}
