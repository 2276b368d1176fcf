import { Readable } from 'node:stream';
import { Type } from 'typebox';
import type { EventFeed } from '../../adapters/postgres/event-feed.ts';
import type { OrderReader } from '../../adapters/postgres/order-reader.ts';
import { OrderEvent } from '../../contracts/http/order.ts';
import type { OrderService } from '../../orders/order-service.ts';
import { endsOrder, openEventStream, type EventStream } from '../lib/event-stream.ts';
import { clientOf } from '../plugins/authentication.ts';
import { OrderPath, problems } from '../lib/schemas.ts';
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
          'Oldest first, without gaps: the events so far, or with `Accept: text/event-stream` a stream of them as they happen. A stream ends after the last event of the order; a new connection after that event is answered 204.',
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
      reply.header('Vary', 'Accept').header('Cache-Control', 'no-store');
      const after = sequenceOf(request.headers['last-event-id']);
      if (!acceptsStream(request.headers.accept)) return { data: await reader.events(orderId, after) };

      // An EventSource reconnects whenever a stream ends, until it is answered 204.
      if (after > 0 && (await hasNothingAfter(orderId, after))) return reply.code(204).send(null);

      const stream = openEventStream({ reader, feed, orderId, after });
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

  async function hasNothingAfter(orderId: string, after: number): Promise<boolean> {
    const [last, ...more] = await reader.events(orderId, after - 1);
    return more.length === 0 && last?.sequence === after && endsOrder(last);
  }
}

/** A header that is not a sequence counts as 0: the client gets every event. */
function sequenceOf(header: string | string[] | undefined): number {
  return typeof header === 'string' && /^\d{1,9}$/.test(header) ? Number(header) : 0;
}

const acceptsStream = (accept = ''): boolean =>
  accept.split(',').some((range) => /^\s*text\/event-stream\s*(;|$)/i.test(range));
