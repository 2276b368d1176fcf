import { Readable } from 'node:stream';
import { Type } from 'typebox';
import type { EventFeed } from '../../adapters/postgres/event-feed.ts';
import type { OrderReader } from '../../adapters/postgres/order-reader.ts';
import { OrderEvent } from '../../contracts/http/order.ts';
import type { OrderService } from '../../orders/order-service.ts';
import { invalidRequest } from '../../validation/schema-check.ts';
import { endsOrder, openEventStream, type EventStream } from '../lib/event-stream.ts';
import { clientOf } from '../plugins/authentication.ts';
import { OrderPath, problems } from '../lib/schemas.ts';
import { addVary } from '../lib/vary.ts';
import type { Api } from '../lib/types.ts';

export interface OrderEventsParts {
  orders: OrderService;
  reader: OrderReader;
  feed: EventFeed;
}

const EventHeaders = Type.Object({
  'Last-Event-ID': Type.Optional(
    Type.String({ description: 'The sequence of the last event that you have received.' }),
  ),
});
const Events = Type.Object(
  { data: Type.Array(OrderEvent) },
  { additionalProperties: false, title: 'OrderEventList' },
);

/** As the column `order_events.sequence`. */
const MAX_SEQUENCE = 2_147_483_647;

export function orderEventRoutes(app: Api, { orders, reader, feed }: OrderEventsParts): void {
  const streams = new Set<EventStream>();

  app.get(
    '/v1/orders/:orderId/events',
    {
      config: { scope: 'orders:read' },
      schema: {
        operationId: 'listOrderEvents',
        summary: 'List or stream the events of an order',
        description:
          'Oldest first, without gaps, each with who has caused it (`actor`) and why (`reason`): the events so far, or with `Accept: text/event-stream` a stream of them as they happen. A stream ends after the last event of the order; a new connection after that event is answered 204. A `Last-Event-ID` that the order has not reached counts as its newest event.',
        tags: ['orders'],
        params: OrderPath,
        headers: EventHeaders,
        response: {
          200: {
            description: 'The events so far, or a stream of them.',
            content: {
              'application/json': { schema: Events },
              'text/event-stream': {
                schema: Type.Unsafe<Readable>({
                  type: 'string',
                  description:
                    'Server-sent events: `id` is the sequence of the event, `event` its type, `data` the event as JSON.',
                }),
              },
            },
          },
          204: {
            description: 'The order has ended, and your last event was its last one.',
            type: 'null',
          },
          ...problems('order_not_found'),
        },
      },
    },
    async (request, reply) => {
      const { orderId } = request.params;
      await orders.find(clientOf(request).clientId, orderId);
      addVary(reply, 'Accept').header('Cache-Control', 'no-store');
      const after = sequenceOf(request.headers['last-event-id']);
      if (!acceptsStream(request.headers.accept)) return { data: await reader.events(orderId, after) };

      const { newest, hasEnded } = after === 0 ? NOTHING_READ : await progressOf(orderId);
      // An EventSource reconnects whenever a stream ends, until it is answered 204.
      if (hasEnded && after >= newest) return reply.code(204).send(null);

      const stream = openEventStream({ reader, feed, orderId, after: Math.min(after, newest), hasEnded });
      streams.add(stream);
      request.raw.socket.once('close', closeStream);
      const body = Readable.from(stream.frames).once('close', closeStream);
      return reply.type('text/event-stream').header('X-Accel-Buffering', 'no').serializer(String).send(body);

      function closeStream(): void {
        stream.close();
        streams.delete(stream);
        request.raw.socket.off('close', closeStream);
      }
    },
  );

  app.addHook('preClose', (done) => {
    for (const stream of streams) stream.close();
    done();
  });

  async function progressOf(orderId: string): Promise<Progress> {
    const events = await reader.events(orderId);
    return { newest: events.at(-1)?.sequence ?? 0, hasEnded: events.some(endsOrder) };
  }
}

interface Progress {
  /** The sequence of the newest event. */
  newest: number;
  hasEnded: boolean;
}
/** A client that has received no event gets them all, whatever they are. */
const NOTHING_READ: Progress = { newest: 0, hasEnded: false };

/** The sequence in `Last-Event-ID`; 0 if the header is absent or empty. */
function sequenceOf(header: string | string[] | undefined): number {
  if (header === undefined || header === '') return 0;
  if (typeof header === 'string' && /^\d{1,15}$/.test(header)) return Math.min(Number(header), MAX_SEQUENCE);
  throw invalidRequest([
    { field: 'Last-Event-ID', message: 'must be the id of an event of the order, a whole number' },
  ]);
}

const acceptsStream = (accept = ''): boolean =>
  accept.split(',').some((range) => /^\s*text\/event-stream\s*(;|$)/i.test(range));
