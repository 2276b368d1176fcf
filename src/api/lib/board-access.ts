import { createHash, randomBytes } from 'node:crypto';
import type { BoardSessions } from '../../adapters/postgres/board-sessions.ts';
import { keyHashOf, type ApiClient, type ApiKeys } from './api-keys.ts';

/** How long an operator stays signed in. Milliseconds. */
export const SESSION_LIFETIME_MS = 12 * 3_600_000;

/** An operator who is signed in at the board. */
export interface BoardSession {
  /** Names the session in the log. */
  sessionId: string;
  /** The client of the key that the operator has signed in with. */
  client: ApiClient;
  /** What a request that changes something has to repeat. A page of another site cannot read it. */
  csrfToken: string;
  expiresAt: Date;
}

/** Signs operators in and out, and finds who they are. */
export interface BoardAccess {
  /** `undefined`: no such key. The token belongs into the cookie of the operator and nowhere else. */
  signIn(key: string): Promise<{ token: string; session: BoardSession } | undefined>;
  /** `undefined`: no such session, or it has ended, or its key is not valid any more. */
  find(token: string): Promise<BoardSession | undefined>;
  /** Safe to run twice. */
  signOut(token: string, session: BoardSession): Promise<void>;
}

/** 256 bits as base64url. */
const TOKEN = /^[A-Za-z0-9_-]{43}$/;

export function createBoardAccess(sessions: BoardSessions, keys: ApiKeys): BoardAccess {
  return {
    async signIn(key) {
      const client = await keys.find(key);
      if (!client) return undefined;
      const token = randomBytes(32).toString('base64url');
      const sessionId = randomBytes(9).toString('base64url');
      const expiresAt = await sessions.begin({
        tokenHash: hashOf(token),
        sessionId,
        keyHash: keyHashOf(key),
        clientId: client.clientId,
        keyId: client.keyId,
        lifetimeMs: SESSION_LIFETIME_MS,
      });
      return { token, session: { sessionId, client, csrfToken: csrfTokenOf(token), expiresAt } };
    },

    async find(token) {
      if (!TOKEN.test(token)) return undefined;
      const stored = await sessions.find(hashOf(token));
      const client = stored && (await keys.findByHash(stored.keyHash));
      if (!client) return undefined;
      const { sessionId, expiresAt } = stored;
      return { sessionId, client, csrfToken: csrfTokenOf(token), expiresAt };
    },

    signOut: (token, { client: { clientId, keyId } }) => sessions.end(hashOf(token), { clientId, keyId }),
  };
}

const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');

/** Derived from the token, so that it is not stored either. The token cannot be derived from it. */
const csrfTokenOf = (token: string): string =>
  createHash('sha256').update(`csrf ${token}`).digest('base64url');
