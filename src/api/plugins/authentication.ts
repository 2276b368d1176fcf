import type { FastifyRequest } from 'fastify';
import type { Actor } from '../../contracts/actor.ts';
import { Problem } from '../../contracts/errors.ts';
import type { ApiClient, ApiKeys, Scope } from '../lib/api-keys.ts';
import type { BoardAccess, BoardSession } from '../lib/board-access.ts';
import { refuseCrossOrigin, requireCsrfToken } from '../lib/same-origin.ts';
import { sessionTokenOf } from '../lib/session-cookie.ts';
import type { Api } from '../lib/types.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set on every route that needs a key. */
    apiClient: ApiClient | null;
    /** Set where an operator is signed in at the board, and sends no key. */
    boardSession: BoardSession | null;
  }
  interface FastifyContextConfig {
    /** The scope that the key must have. */
    scope?: Scope;
    /** A route below `/v1` that authenticates in another way. */
    withoutKey?: boolean;
  }
}

export interface AuthenticationParts {
  keys: ApiKeys;
  access: BoardAccess;
  publicUrl: string | undefined;
}

/** Every route below this prefix needs a key, but for those with `withoutKey`. */
const PROTECTED = '/v1/';
const BEARER = /^Bearer +([\x21-\x7e]+) *$/i;

/**
 * Authenticates by `Authorization: Bearer <key>`, or without that header by the cookie of a session at the board. Refuses before the
 * body is read.
 */
export function addAuthentication(app: Api, { keys, access, publicUrl }: AuthenticationParts): void {
  app.decorateRequest('apiClient', null);
  app.decorateRequest('boardSession', null);
  app.addHook('onRequest', (request, reply, done) => {
    if (request.is404 || !needsKey(request)) {
      done();
      return;
    }
    const { authorization } = request.headers;
    const token = authorization === undefined ? sessionTokenOf(request) : undefined;
    if (token !== undefined) {
      findSession(request, token).then((client) => {
        // What an operator sees is not kept by the browser.
        reply.header('Cache-Control', 'no-store');
        settle(client, 'Your session has ended. Sign in again.');
      }, done);
      return;
    }
    const [, key] = BEARER.exec(authorization ?? '') ?? [];
    if (key === undefined) {
      settle(undefined);
      return;
    }
    const found = keys.find(key);
    if (found instanceof Promise) found.then(settle, done);
    else settle(found);

    function settle(
      client: ApiClient | undefined,
      refusal = 'Send your API key as "Authorization: Bearer <key>".',
    ): void {
      if (!client) {
        reply.header('WWW-Authenticate', 'Bearer');
        done(new Problem('unauthorized', refusal));
        return;
      }
      request.apiClient = client;
      const { scope } = request.routeOptions.config;
      const allowed = scope === undefined || client.scopes.has(scope);
      done(allowed ? undefined : new Problem('forbidden', `Use an API key with the scope ${scope}.`));
    }
  });

  /** @throws {Problem} `cross_site_request` */
  async function findSession(request: FastifyRequest, token: string): Promise<ApiClient | undefined> {
    const session = await access.find(token);
    if (!session) return undefined;
    refuseCrossOrigin(request, publicUrl);
    requireCsrfToken(request, session);
    request.boardSession = session;
    return session.client;
  }
}

/** The client that made the request. Throws in a route without authentication, which is a mistake of the route. */
export function clientOf(request: FastifyRequest): ApiClient {
  if (!request.apiClient)
    throw new Error('The route does not authenticate its requests: its URL must begin with /v1/.');
  return request.apiClient;
}

/** Who gives the command that a request has: a client by its key, or an operator in a session of the board. */
export function callerOf(request: FastifyRequest): { clientId: string; actor: Actor } {
  const { clientId } = clientOf(request);
  return { clientId, actor: actorOf(request) };
}

/** Whose request it is, for the log. */
export function loggedClientOf(request: FastifyRequest): {
  clientId: string;
  keyId: string;
  sessionId?: string;
} {
  const { clientId, keyId } = clientOf(request);
  const sessionId = request.boardSession?.sessionId;
  return { clientId, keyId, ...(sessionId !== undefined && { sessionId }) };
}

/** See {@link callerOf}. Operators who sign in as themselves get their name here. */
export function actorOf(request: FastifyRequest): Actor {
  const { clientId: id } = clientOf(request);
  const sessionId = request.boardSession?.sessionId;
  return sessionId === undefined ? { type: 'client', id } : { type: 'operator', id, sessionId };
}

function needsKey({ routeOptions }: FastifyRequest): boolean {
  return (routeOptions.url ?? '').startsWith(PROTECTED) && routeOptions.config.withoutKey !== true;
}
