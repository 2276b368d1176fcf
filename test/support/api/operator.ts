import assert from 'node:assert/strict';
import type { InjectOptions } from 'fastify';
import type { BoardSessionView } from '../../../src/contracts/http/board.ts';
import type { Api } from '../../../src/api/lib/types.ts';
import { API_KEY } from './app.ts';

type Method = 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** An operator who is signed in at the board. */
export interface Operator {
  csrfToken: string;
  /** The header `Cookie` of the operator's browser. */
  cookie: string;
  getting(url: string): InjectOptions;
  sending(method: Method, url: string, payload?: unknown, headers?: Record<string, string>): InjectOptions;
}

export const signingIn = (key: string): InjectOptions => ({
  method: 'POST',
  url: '/board/session',
  headers: { 'content-type': 'application/json' },
  payload: JSON.stringify({ key }),
});

/** Signs in. */
export async function operator(app: Api, key = API_KEY): Promise<Operator> {
  const answer = await app.inject(signingIn(key));
  assert.equal(answer.statusCode, 200, answer.body);
  const { csrfToken } = answer.json<BoardSessionView>();
  const [cookie = ''] = String(answer.headers['set-cookie']).split(';');
  return {
    csrfToken,
    cookie,
    getting: (url) => ({ method: 'GET', url, headers: { cookie } }),
    sending: (method, url, payload, headers = {}) => ({
      method,
      url,
      headers: {
        cookie,
        'x-csrf-token': csrfToken,
        ...(payload !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(payload !== undefined && { payload: JSON.stringify(payload) }),
    }),
  };
}
