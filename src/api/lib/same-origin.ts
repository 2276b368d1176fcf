import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { Problem } from '../../contracts/errors.ts';
import type { BoardSession } from './board-access.ts';

/** The header that repeats the `csrfToken` of a session. */
const CSRF_HEADER = 'x-csrf-token';
/** Methods that change nothing. */
const SAFE_METHODS: readonly string[] = ['GET', 'HEAD'];

/**
 * Refuses a request that a page of another origin has made a browser send. Browsers say where a request comes from (`Sec-Fetch-Site`,
 * `Origin`), and other clients send neither.
 *
 * @throws {Problem} `cross_site_request`
 */
export function refuseCrossOrigin({ headers }: FastifyRequest, publicUrl: string | undefined): void {
  const site = headers['sec-fetch-site'];
  // `none`: the person has typed the address.
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    throw new Problem('cross_site_request', 'A page of another origin cannot use the session of the board.');
  const { origin, host } = headers;
  if (origin !== undefined && !isOwn(origin, host, publicUrl))
    throw new Problem(
      'cross_site_request',
      'The Origin is not that of this server. Behind a proxy, keep the Host of the request, or set PUBLIC_URL.',
    );
}

/**
 * Refuses a request that changes something and does not repeat the session's token. A page of another site can send a request with the
 * cookie, but it cannot read the token.
 *
 * @throws {Problem} `cross_site_request`
 */
export function requireCsrfToken({ method, headers }: FastifyRequest, { csrfToken }: BoardSession): void {
  if (SAFE_METHODS.includes(method)) return;
  const given = headers[CSRF_HEADER];
  if (typeof given !== 'string' || !timingSafeEqual(hashOf(given), hashOf(csrfToken)))
    throw new Problem(
      'cross_site_request',
      'Send the csrfToken of the session as X-CSRF-Token. GET /board/session returns it.',
    );
}

/** The scheme is not compared with the request's own: behind a proxy that terminates TLS, the request has come by http. */
function isOwn(origin: string, host: string | undefined, publicUrl: string | undefined): boolean {
  const given = urlOf(origin);
  if (!given) return false;
  // A URL leaves out the default port of its scheme, which a Host may have.
  const own = host === undefined ? undefined : urlOf(`${given.protocol}//${host}`);
  return given.host === own?.host || (publicUrl !== undefined && given.origin === urlOf(publicUrl)?.origin);
}

const urlOf = (text: string): URL | undefined => (URL.canParse(text) ? new URL(text) : undefined);

const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest();
