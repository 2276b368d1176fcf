import type { FastifyReply, FastifyRequest } from 'fastify';
import type { LoggedAction, OperatorLog } from '../../adapters/postgres/operator-log.ts';
import { LOGGED_OBJECTS, type LogAction, type LoggedObject } from '../../contracts/http/board.ts';
import { requestHash } from '../../orders/request-hash.ts';
import { idempotencyKeyOf } from '../lib/idempotency-key.ts';
import type { Api } from '../lib/types.ts';
import { actorOf, loggedClientOf } from './authentication.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** What the answer says of the objects that the request has changed. Set on routes that are logged. */
    changedObjects: Record<string, unknown> | null;
  }
  interface FastifyContextConfig {
    /** The entry that each successful request of the route adds to the log. */
    logs?: { action: LogAction; object: LoggedObject };
  }
}

/**
 * Adds an entry to the log for each successful request of a route that has `logs` in its config, before the request is answered: a caller
 * who gets no answer repeats the request, which changes nothing more and adds the entry, unless it has one already. A repeat is recognised by
 * its Idempotency-Key on the routes that take one.
 */
export function addOperatorLog(app: Api, log: OperatorLog): void {
  app.decorateRequest('changedObjects', null);
  app.addHook('onRoute', (route) => {
    if (!route.config?.logs) return;
    route.preSerialization = [
      ...[route.preSerialization ?? []].flat(),
      (request: FastifyRequest, _reply: FastifyReply, payload: unknown, done) => {
        if (isObject(payload)) request.changedObjects = payload;
        done(null, payload);
      },
    ];
    route.onSend = [...[route.onSend ?? []].flat(), addEntry];
  });

  async function addEntry(request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<unknown> {
    const { logs } = request.routeOptions.config;
    if (logs && reply.statusCode < 400) {
      await log.add(loggedClientOf(request), ...actionsOf(request, logs));
    }
    return payload;
  }
}

/** One, or one for each object of an answer that names several. */
function actionsOf(
  request: FastifyRequest,
  { action, object: type }: { action: LogAction; object: LoggedObject },
): LoggedAction[] {
  const [params, query, body] = [request.params, request.query, request.body].map(membersOf);
  const answer = request.changedObjects ?? {};
  const name = LOGGED_OBJECTS[type];
  const orderId = textOf(params?.['orderId'] ?? answer['orderId']);
  // The reason of dead letters is that for which they were refused, and selects them.
  const reason = textOf(body?.['note'] ?? (type === 'dead_letter' ? undefined : body?.['reason']));
  const hash = hashOf(request);
  const common = {
    action,
    ...(hash !== undefined && { requestHash: hash }),
    actor: actorOf(request),
    ...(orderId !== undefined && { orderId }),
    ...(reason !== undefined && { reason }),
  };
  const { settled } = answer;
  if (Array.isArray(settled)) return settled.map((id) => ({ ...common, object: { type, id: String(id) } }));
  const id = textOf(params?.[name] ?? answer[name] ?? query?.[name]);
  return [{ ...common, object: { type, ...(id !== undefined && { id }) } }];
}

/** What a repeat of the request has, too. `undefined`: the request has no key, or one that does not matter to its route. */
function hashOf(request: FastifyRequest): string | undefined {
  const { schema, url } = request.routeOptions;
  const takesKey = KEY in membersOf(membersOf(schema?.headers)['properties']);
  if (!takesKey || request.headers['idempotency-key'] === undefined) return undefined;
  const { clientId } = loggedClientOf(request);
  const { method, params, query, body } = request;
  return requestHash({ clientId, method, url, params, query, body, key: idempotencyKeyOf(request) });
}

const KEY = 'Idempotency-Key';

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const membersOf = (value: unknown): Record<string, unknown> => (isObject(value) ? value : {});

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
