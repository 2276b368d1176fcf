import type { FastifyRequest } from 'fastify';
import { Problem } from '../../contracts/errors.ts';
import type { ApiClient, ApiKeys, Scope } from '../api-keys.ts';
import type { Api } from '../types.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set on every route that needs a key. */
    apiClient: ApiClient | null;
  }
  interface FastifyContextConfig {
    /** What the key must be allowed to do. */
    scope?: Scope;
    /** A route below `/v1` that authenticates by other means. */
    withoutKey?: boolean;
  }
}

/** Everything below this prefix needs a key unless the route says otherwise. */
const PROTECTED = '/v1/';
const BEARER = /^Bearer +([\x21-\x7e]+) *$/i;

/** `Authorization: Bearer <key>`: refuses before the body is read. */
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
        done(new Problem('unauthorized', 'Send your key as "Authorization: Bearer <key>".'));
        return;
      }
      request.apiClient = client;
      const { scope } = request.routeOptions.config;
      const allowed = scope === undefined || client.scopes.has(scope);
      done(allowed ? undefined : new Problem('forbidden', `This needs a key with the scope ${scope}.`));
    }
  });
}

/** Whose request this is. Throws where the route was left without a key by mistake, which no caller can bring about. */
export function clientOf(request: FastifyRequest): ApiClient {
  if (!request.apiClient) throw new Error('this route is not authenticated');
  return request.apiClient;
}

function needsKey({ routeOptions }: FastifyRequest): boolean {
  return (routeOptions.url ?? '').startsWith(PROTECTED) && routeOptions.config.withoutKey !== true;
}
