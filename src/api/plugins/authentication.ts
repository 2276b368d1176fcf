import type { FastifyRequest } from 'fastify';
import { Problem } from '../../contracts/errors.ts';
import type { ApiClient, ApiKeys, Scope } from '../lib/api-keys.ts';
import type { Api } from '../lib/types.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set on every route that needs a key. */
    apiClient: ApiClient | null;
  }
  interface FastifyContextConfig {
    /** The scope that the key must have. */
    scope?: Scope;
    /** A route below `/v1` that authenticates in another way. */
    withoutKey?: boolean;
  }
}

/** Every route below this prefix needs a key, but for those with `withoutKey`. */
const PROTECTED = '/v1/';
const BEARER = /^Bearer +([\x21-\x7e]+) *$/i;

/** Authenticates by `Authorization: Bearer <key>`, and refuses before the body is read. */
export function addAuthentication(app: Api, keys: ApiKeys): void {
  app.decorateRequest('apiClient', null);
  app.addHook('onRequest', (request, reply, done) => {
    if (request.is404 || !needsKey(request)) {
      done();
      return;
    }
    const [, key] = BEARER.exec(request.headers.authorization ?? '') ?? [];
    if (key === undefined) {
      settle(undefined);
      return;
    }
    const found = keys.find(key);
    if (found instanceof Promise) found.then(settle, done);
    else settle(found);

    function settle(client: ApiClient | undefined): void {
      if (!client) {
        reply.header('WWW-Authenticate', 'Bearer');
        done(new Problem('unauthorized', 'Send your API key as "Authorization: Bearer <key>".'));
        return;
      }
      request.apiClient = client;
      const { scope } = request.routeOptions.config;
      const allowed = scope === undefined || client.scopes.has(scope);
      done(allowed ? undefined : new Problem('forbidden', `Use an API key with the scope ${scope}.`));
    }
  });
}

/** The client that made the request. Throws in a route without authentication, which is a mistake of the route. */
export function clientOf(request: FastifyRequest): ApiClient {
  if (!request.apiClient)
    throw new Error('The route does not authenticate its requests: its URL must begin with /v1/.');
  return request.apiClient;
}

function needsKey({ routeOptions }: FastifyRequest): boolean {
  return (routeOptions.url ?? '').startsWith(PROTECTED) && routeOptions.config.withoutKey !== true;
}
