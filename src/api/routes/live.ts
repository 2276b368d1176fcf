import type { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { OrderReader } from '../../adapters/postgres/order-reader.ts';
import type { QueuesView, RecentOrder } from '../../contracts/http/board.ts';
import type { Scope } from '../lib/api-keys.ts';
import type { BoardAccess } from '../lib/board-access.ts';
import { createBroadcast, type Broadcast } from '../lib/broadcast.ts';
import { createLiveStreams, frameOf } from '../lib/live-streams.ts';
import { problems } from '../lib/schemas.ts';
import { sessionTokenOf } from '../lib/session-cookie.ts';
import type { Api } from '../lib/types.ts';
import { clientOf } from '../plugins/authentication.ts';
import { readStats, type StatsParts } from './stats.ts';

export interface LiveRoutesParts extends StatsParts {
  reader: OrderReader;
  readQueues: () => Promise<QueuesView>;
  access: BoardAccess;
}

const INTERVAL_MS = 1_000;
/** Seconds. */
const STATS_WINDOW = 300;
const RECENT_ORDERS = 50;

const stream = (description: string) => ({
  description: 'A stream of events, which ends with the session or the server.',
  content: { 'text/event-stream': { schema: Type.Unsafe<Readable>({ type: 'string', description }) } },
});

/** What the board shows live. Each reader is shared by all streams of the process. */
export function liveRoutes(app: Api, parts: LiveRoutesParts): void {
  const streams = createLiveStreams(app);
  const broadcasts = new Set<{ close(): void }>();
  const recentByClient = new Map<string, Broadcast<RecentOrder[]>>();

  /** A read that fails is repeated: the client sees that no event comes. */
  function broadcast<T>(read: () => Promise<T>): Broadcast<T> {
    const made = createBroadcast({
      read,
      intervalMs: INTERVAL_MS,
      onError: (error) => {
        app.log.warn({ cause: String(error) }, 'the live figures cannot be read; they are read again');
      },
    });
    broadcasts.add(made);
    return made;
  }

  const figures = broadcast(async () => {
    const [stats, queues] = await Promise.all([readStats(parts, STATS_WINDOW), parts.readQueues()]);
    return frameOf('stats', { stats, queues });
  });

  app.get(
    '/v1/stats/stream',
    {
      config: { scope: 'stats:read' },
      schema: {
        operationId: 'streamStats',
        summary: 'Stream the figures and the queues',
        description:
          'An event `stats` each second, less often where they take long to read, with `stats` as `GET /v1/stats?window=5m` returns it and `queues` as `GET /v1/queues` does; a comment every 5 seconds.',
        tags: ['operation'],
        response: {
          200: stream('Server-sent events: `event` is `stats`, `data` is JSON.'),
          ...problems(),
        },
      },
    },
    (request, reply) =>
      streams.open(request, reply, {
        subscription: figures.subscribe(),
        toFrames: (frame) => frame,
        mayContinue: () => mayContinue(request, 'stats:read'),
      }),
  );

  app.get(
    '/v1/orders/recent/stream',
    {
      config: { scope: 'orders:read' },
      schema: {
        operationId: 'streamRecentOrders',
        summary: 'Stream the newest orders, without personal data',
        description: `An event \`orders\` with the ${RECENT_ORDERS} newest orders, newest first, and then, at most once a second, with those of the newest orders that are new or have changed; a comment every 5 seconds.`,
        tags: ['orders'],
        response: {
          200: stream(
            'Server-sent events: `event` is `orders`, `data` is `{data: [{orderId, status, total, currency, updatedAt}]}`.',
          ),
          ...problems(),
        },
      },
    },
    (request, reply) =>
      streams.open(request, reply, {
        subscription: recentOrdersOf(clientOf(request).clientId).subscribe(),
        toFrames: changedOrders(),
        mayContinue: () => mayContinue(request, 'orders:read'),
      }),
  );

  app.addHook('preClose', (done) => {
    for (const each of broadcasts) each.close();
    done();
  });

  function recentOrdersOf(clientId: string): Broadcast<RecentOrder[]> {
    const found =
      recentByClient.get(clientId) ?? broadcast(() => parts.reader.recent(clientId, RECENT_ORDERS));
    recentByClient.set(clientId, found);
    return found;
  }

  async function mayContinue(request: FastifyRequest, scope: Scope): Promise<boolean> {
    const token = sessionTokenOf(request);
    if (!request.boardSession || token === undefined) return true;
    return (await parts.access.find(token))?.client.scopes.has(scope) === true;
  }
}

/** Leaves out the orders that the stream has sent already as they are. */
function changedOrders(): (orders: RecentOrder[]) => string {
  let sent = new Map<string, string>();
  let isFirst = true;
  return (orders) => {
    const changed = orders.filter(({ orderId, updatedAt }) => sent.get(orderId) !== updatedAt);
    sent = new Map(orders.map(({ orderId, updatedAt }) => [orderId, updatedAt]));
    if (changed.length === 0 && !isFirst) return '';
    isFirst = false;
    return frameOf('orders', { data: changed });
  };
}
