import { setTimeout as delay } from 'node:timers/promises';
import type { Connection } from './connection.ts';
import { ApiError, ClientError, messageOf, TransportError, transportCode } from './errors.ts';

export interface Call {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is, in place of `body`. */
  readonly text?: { readonly contentType: string; readonly value: string };
  readonly signal?: AbortSignal | undefined;
}

/** How a call is repeated that has no answer, or an answer that the next call may not have. */
export interface RetryPolicy {
  /** Every call is repeated except one that was answered with one of these HTTP statuses. */
  readonly finalStatuses: readonly number[];
  /** Milliseconds until a call counts as not answered. */
  readonly callTimeoutMs: number;
  /** Milliseconds between two calls. */
  readonly pauseMs: number;
  /** Milliseconds after which the last error is thrown. */
  readonly giveUpAfterMs: number;
}

/** HTTP calls of the API, on connections that are kept alive between them. */
export class Transport {
  readonly url: string;
  readonly #apiKey: string | undefined;
  readonly #retry: RetryPolicy | undefined;

  /** Without `retry` a call is made once. */
  constructor({ url, apiKey }: Connection, retry?: RetryPolicy) {
    this.url = url;
    this.#apiKey = apiKey;
    this.#retry = retry;
  }

  /**
   * The JSON of the answer. Its shape is what the contract promises for the path; it is not checked again.
   * @throws {ApiError} for a problem
   * @throws {TransportError} when no answer came, or one that is not JSON
   */
  async json<T>(path: string, call: Call = {}): Promise<T> {
    const once = (signal: AbortSignal | undefined): Promise<T> => this.#jsonOnce(path, { ...call, signal });
    return this.#retry ? repeated(this.#retry, `${call.method ?? 'GET'} ${path}`, once) : once(call.signal);
  }

  /**
   * The answer, not read yet. The call is made once, whatever the retry policy.
   * @throws as {@link Transport.json}
   */
  async send(path: string, { method = 'GET', headers, body, text, signal }: Call = {}): Promise<Response> {
    const response = await this.#fetch(path, {
      method,
      headers: {
        Accept: 'application/json',
        ...(this.#apiKey === undefined ? undefined : { Authorization: `Bearer ${this.#apiKey}` }),
        ...(body === undefined ? undefined : { 'Content-Type': 'application/json' }),
        ...(text === undefined ? undefined : { 'Content-Type': text.contentType }),
        ...headers,
      },
      body: text?.value ?? (body === undefined ? null : JSON.stringify(body)),
      signal: signal ?? null,
    });
    if (response.ok) return response;
    throw new ApiError(response.status, await response.json().catch(() => undefined));
  }

  async #jsonOnce<T>(path: string, call: Call): Promise<T> {
    const response = await this.send(path, call);
    try {
      return (await response.json()) as T;
    } catch (error) {
      if (isAbort(error)) throw error;
      const message = `${this.url}${path} did not answer with JSON. Check that --url is the address of the API.`;
      throw new TransportError('invalid_answer', message, { cause: error });
    }
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    try {
      return await fetch(`${this.url}${path}`, init);
    } catch (error) {
      if (isAbort(error)) throw error;
      const code = transportCode(error);
      throw new TransportError(code, noAnswer(this.url, code), { cause: error });
    }
  }
}

async function repeated<T>(
  { finalStatuses, callTimeoutMs, pauseMs, giveUpAfterMs }: RetryPolicy,
  what: string,
  once: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = performance.now() + giveUpAfterMs;
  for (;;) {
    try {
      return await once(AbortSignal.timeout(callTimeoutMs));
    } catch (error) {
      if (error instanceof ApiError && finalStatuses.includes(error.status)) throw error;
      if (performance.now() > deadline) {
        const code = error instanceof ClientError ? error.code : 'no_answer';
        const message = `${what} still failed after ${giveUpAfterMs / 1000} s: ${messageOf(error)}`;
        throw new TransportError(code, message, { cause: error });
      }
      await delay(pauseMs);
    }
  }
}

const isAbort = (error: unknown): boolean => error instanceof Error && error.name === 'AbortError';

const noAnswer = (url: string, code: string): string =>
  code === 'ECONNREFUSED'
    ? `Nothing listens at ${url}. Start the system with "npm start", or give the address of the API with --url.`
    : `No answer from ${url} (${code}).`;
