import type { FastifyReply, FastifyRequest } from 'fastify';
import { SESSION_LIFETIME_MS } from './board-access.ts';

/** The cookie with the token of a session. */
export const SESSION_COOKIE = 'checkout_session';

export const sessionTokenOf = ({ cookies }: FastifyRequest): string | undefined => cookies[SESSION_COOKIE];

export function setSessionCookie(
  request: FastifyRequest,
  reply: FastifyReply,
  token: string,
  publicUrl?: string,
): void {
  reply.setCookie(SESSION_COOKIE, token, {
    ...attributesOf(request, publicUrl),
    maxAge: SESSION_LIFETIME_MS / 1_000,
  });
}

export function clearSessionCookie(request: FastifyRequest, reply: FastifyReply, publicUrl?: string): void {
  reply.clearCookie(SESSION_COOKIE, attributesOf(request, publicUrl));
}

/** A script cannot read the cookie, and a browser sends it with no request that another site has caused. */
const attributesOf = (request: FastifyRequest, publicUrl: string | undefined) => ({
  path: '/',
  httpOnly: true,
  sameSite: 'strict' as const,
  secure: isSecure(request, publicUrl),
});

/** Whether the operator's browser has used HTTPS. A proxy that terminates TLS says so; if it is wrong, only this cookie is affected. */
const isSecure = ({ protocol, headers }: FastifyRequest, publicUrl: string | undefined): boolean =>
  protocol === 'https' ||
  headers['x-forwarded-proto'] === 'https' ||
  publicUrl?.startsWith('https:') === true;
