import { createStore } from '../lib/store.ts';
import { ApiProblem, problemOf } from './problem.ts';

/** What the server says of a session. The key itself is not kept. */
export interface SessionView {
  clientId: string;
  scopes: readonly string[];
  csrfToken: string;
  expiresAt: string;
}

/** `unknown`: not asked yet. `expired`: it has ended while the board was open, so that the page stays. */
export type SessionState =
  { state: 'unknown' } | { state: 'out' } | { state: 'in' | 'expired'; session: SessionView };

export const session = createStore<SessionState>({ state: 'unknown' });

export function hasScope(scope: string): boolean {
  const present = session.get();
  return 'session' in present && present.session.scopes.includes(scope);
}

export const csrfToken = (): string | undefined => {
  const present = session.get();
  return 'session' in present ? present.session.csrfToken : undefined;
};

/** Every request that is answered 401 ends the session. The page stays, with what was typed. */
export function noticeSignedOut(): void {
  session.update((before) => ('session' in before ? { ...before, state: 'expired' } : { state: 'out' }));
}

/** Asks the server who is signed in. @throws {ApiProblem} if it does not answer */
export async function loadSession(): Promise<void> {
  const response = await send('GET');
  if (response.ok) session.set({ state: 'in', session: (await response.json()) as SessionView });
  else if (response.status === 401 || response.status === 404) session.set({ state: 'out' });
  else throw await problemOf(response);
}

/** Exchanges a key for a session. @throws {ApiProblem} if it is refused */
export async function signIn(key: string): Promise<void> {
  const response = await send('POST', { key });
  if (!response.ok) throw await problemOf(response);
  session.set({ state: 'in', session: (await response.json()) as SessionView });
}

/** Ends the session. Safe to call twice. */
export async function signOut(): Promise<void> {
  await send('DELETE').catch(() => undefined);
  session.set({ state: 'out' });
}

async function send(method: string, body?: unknown): Promise<Response> {
  const token = csrfToken();
  try {
    return await fetch('/board/session', {
      method,
      headers: {
        accept: 'application/json',
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(method !== 'GET' && token !== undefined && { 'x-csrf-token': token }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  } catch {
    throw new ApiProblem(0, 'unreachable', 'The server does not answer.');
  }
}
