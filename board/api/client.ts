import { ApiProblem, problemOf } from './problem.ts';
import { csrfToken, noticeSignedOut } from './session.ts';

export interface Page<T> {
  data: T[];
  nextCursor?: string;
}

export interface SendOptions {
  body?: unknown;
  /** Made when the dialog of the action opens, so that a second click is the same operation. */
  idempotencyKey?: string;
}

/** Reads a resource. @throws {ApiProblem} */
export const get = <T>(path: string, signal?: AbortSignal): Promise<T> => request<T>('GET', path, {}, signal);

/** Changes something. Safe to repeat with the same idempotency key where the route takes one. @throws {ApiProblem} */
export const send = <T>(
  method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  options: SendOptions = {},
): Promise<T> => request<T>(method, path, options);

async function request<T>(
  method: string,
  path: string,
  { body, idempotencyKey }: SendOptions,
  signal?: AbortSignal,
): Promise<T> {
  const token = csrfToken();
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers: {
        accept: 'application/json',
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
        ...(method !== 'GET' && token !== undefined && { 'x-csrf-token': token }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    });
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw new ApiProblem(0, 'unreachable', 'The server does not answer.');
  }
  if (response.ok) return (response.status === 204 ? undefined : await response.json()) as T;
  if (response.status === 401) noticeSignedOut();
  throw await problemOf(response);
}

/** `path` with those of `values` that are given, as its query. */
export function withQuery(
  path: string,
  values: Record<string, string | number | boolean | undefined>,
): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value !== undefined) query.set(name, String(value));
  const text = query.toString();
  return text === '' ? path : `${path}?${text}`;
}

/** The path of one resource: every part is encoded. */
export const pathOf = (...parts: string[]): string => `/v1/${parts.map(encodeURIComponent).join('/')}`;
