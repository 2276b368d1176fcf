import type { FastifyRequest } from 'fastify';
import { Problem } from '../../contracts/errors.ts';
import { BoardSessionView, SignInRequest } from '../../contracts/http/board.ts';
import type { SignInAttempts } from '../../adapters/postgres/sign-in-attempts.ts';
import type { BoardAccess, BoardSession } from '../lib/board-access.ts';
import { refuseCrossOrigin, requireCsrfToken } from '../lib/same-origin.ts';
import { BODY_PROBLEMS, described, problemsWithoutKey } from '../lib/schemas.ts';
import { clearSessionCookie, sessionTokenOf, setSessionCookie } from '../lib/session-cookie.ts';
import type { Api } from '../lib/types.ts';

const BY_SESSION = [{ session: [] }];

/** Signs operators in at the board and out of it. */
export function boardSessionRoutes(
  app: Api,
  access: BoardAccess,
  wrongKeys: SignInAttempts,
  publicUrl: string | undefined,
): void {
  app.post(
    '/board/session',
    {
      schema: {
        operationId: 'signIn',
        summary: 'Sign in at the board',
        description:
          'Sets the cookie `checkout_session`, which the routes below `/v1` take instead of an API key for 12 hours. The session also ends when the API key is no longer valid.',
        tags: ['board'],
        security: [],
        body: SignInRequest,
        response: {
          200: described(BoardSessionView, 'The session.'),
          ...problemsWithoutKey('unauthorized', 'cross_site_request', 'rate_limited', ...BODY_PROBLEMS),
        },
      },
    },
    async (request, reply) => {
      refuseCrossOrigin(request, publicUrl);
      const waitMs = await wrongKeys.begin(request.ip);
      if (waitMs > 0) {
        const seconds = Math.ceil(waitMs / 1_000);
        reply.header('Retry-After', seconds);
        throw new Problem('rate_limited', `Too many wrong keys. Try again in ${seconds} s.`);
      }
      const signedIn = await access.signIn(request.body.key).catch(async (error: unknown) => {
        await wrongKeys.forgive(request.ip).catch(() => undefined);
        throw error;
      });
      if (!signedIn) {
        reply.header('WWW-Authenticate', 'Bearer');
        throw new Problem('unauthorized', 'This key is not known or has expired.');
      }
      await wrongKeys.forgive(request.ip);
      setSessionCookie(request, reply, signedIn.token, publicUrl);
      reply.header('Cache-Control', 'no-store');
      return toView(signedIn.session);
    },
  );

  app.get(
    '/board/session',
    {
      schema: {
        operationId: 'getSession',
        summary: 'Retrieve the session',
        description: 'Who is signed in by the cookie, with which scopes, and until when.',
        tags: ['board'],
        security: BY_SESSION,
        response: {
          200: described(BoardSessionView, 'The session.'),
          ...problemsWithoutKey('unauthorized', 'cross_site_request', 'rate_limited'),
        },
      },
    },
    async (request, reply) => {
      reply.header('Cache-Control', 'no-store');
      const { session } = (await sessionOf(request)) ?? {};
      if (session) return toView(session);
      reply.header('WWW-Authenticate', 'Bearer');
      throw new Problem('unauthorized', 'You are not signed in, or your session has ended.');
    },
  );

  app.delete(
    '/board/session',
    {
      schema: {
        operationId: 'signOut',
        summary: 'Sign out of the board',
        description: 'Safe to repeat.',
        tags: ['board'],
        security: BY_SESSION,
        response: {
          204: { description: 'The session has ended.', type: 'null' },
          ...problemsWithoutKey('cross_site_request', 'rate_limited'),
        },
      },
    },
    async (request, reply) => {
      const { token, session } = (await sessionOf(request)) ?? {};
      if (token !== undefined && session) {
        requireCsrfToken(request, session);
        await access.signOut(token, session);
      }
      clearSessionCookie(request, reply, publicUrl);
      return reply.code(204).send(null);
    },
  );

  async function sessionOf(
    request: FastifyRequest,
  ): Promise<{ token: string; session: BoardSession | undefined } | undefined> {
    refuseCrossOrigin(request, publicUrl);
    const token = sessionTokenOf(request);
    return token === undefined ? undefined : { token, session: await access.find(token) };
  }
}

const toView = ({ client, csrfToken, expiresAt }: BoardSession): BoardSessionView => ({
  clientId: client.clientId,
  scopes: [...client.scopes].sort(),
  csrfToken,
  expiresAt: expiresAt.toISOString(),
});
