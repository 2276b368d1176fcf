import { setTimeout as delay } from 'node:timers/promises';
import type { OrderRequest, OrderView } from '../src/contracts/http/order.ts';

/** The shop's HTTP API, as a patient storefront uses it: whoever gets no answer asks again with the same key. */
export interface Api {
  /** Resolves when the order is acknowledged, however often that takes. */
  place(request: OrderRequest, key: string): Promise<OrderView>;
  order(orderId: string): Promise<OrderView>;
  get(path: string): Promise<unknown>;
  /** Any call beside those; answers the status too. 409 and 422 are answers, everything else is asked again. */
  post(path: string, body: object, headers?: Record<string, string>): Promise<Answer>;
  /** Asks until the order is in one of these statuses. */
  reaches(orderId: string, statuses: readonly string[]): Promise<OrderView>;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

const PAUSE_MS = 200;
/** Longer than the API waits for a cancellation. */
const CALL_MS = 45_000;
/** Beyond the time in which everything has to be well again. */
const GIVE_UP_MS = 90_000;

export function createApi(url: string, apiKey: string): Api {
  async function once(method: string, path: string, body?: object, headers: Record<string, string> = {}) {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${apiKey}`,
        ...(body && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(CALL_MS),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
  }

  async function persistently(
    call: () => Promise<Answer>,
    accepts: (answer: Answer) => boolean,
    what: string,
  ): Promise<Answer> {
    const deadline = performance.now() + GIVE_UP_MS;
    for (;;) {
      const answer = await call().catch((error: unknown) => ({ status: 0, body: String(error) }));
      if (accepts(answer)) return answer;
      if (performance.now() > deadline)
        throw new Error(`${what}: still ${answer.status} ${JSON.stringify(answer.body)}`);
      await delay(PAUSE_MS);
    }
  }

  const get = async (path: string): Promise<unknown> =>
    (await persistently(() => once('GET', path), isOk, path)).body;

  return {
    get,
    order: async (orderId) => (await get(`/v1/orders/${orderId}`)) as OrderView,
    async place(request, key) {
      const headers = { 'idempotency-key': key };
      const call = (): Promise<Answer> => once('POST', '/v1/orders', request, headers);
      return (await persistently(call, isOk, 'placing an order')).body as OrderView;
    },
    post: (path, body, headers) =>
      persistently(
        () => once('POST', path, body, headers),
        (answer) => isOk(answer) || answer.status === 409 || answer.status === 422,
        path,
      ),
    async reaches(orderId, statuses) {
      const path = `/v1/orders/${orderId}`;
      const isThere = (answer: Answer): boolean => isOk(answer) && statuses.includes(statusOf(answer.body));
      return (await persistently(() => once('GET', path), isThere, `${orderId} is ${statuses.join(' or ')}`))
        .body as OrderView;
    },
  };
}

const isOk = ({ status }: Answer): boolean => status >= 200 && status < 300;

const statusOf = (body: unknown): string =>
  typeof body === 'object' && body !== null ? String(Reflect.get(body, 'status')) : '';
