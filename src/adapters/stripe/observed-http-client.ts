import type Stripe from 'stripe';
import type { ObserveHttpCall } from '../../contracts/ports/tracing.ts';

type MakeRequest = Stripe.HttpClient['makeRequest'];

/** Ids of Stripe, such as `pi_3Qx…`: two or more small letters, an underscore, and more. */
const ID = /^[a-z]{2,}_\w+$/;

/** Stripe's HTTP client, and somebody hears of each request. */
export class ObservedHttpClient implements Stripe.HttpClient {
  readonly #client: Stripe.HttpClient;
  readonly #observe: ObserveHttpCall;

  constructor(client: Stripe.HttpClient, observe: ObserveHttpCall) {
    this.#client = client;
    this.#observe = observe;
  }

  getClientName(): string {
    return this.#client.getClientName();
  }

  async makeRequest(...request: Parameters<MakeRequest>): Promise<Stripe.HttpClientResponse> {
    const [host, port, path, method] = request;
    const ended = this.#observe({ method, host, port: Number(port), template: templateOf(path) });
    try {
      const response = await this.#client.makeRequest(...request);
      ended({ status: response.getStatusCode() });
      return response;
    } catch (error) {
      ended({ error: error instanceof Error && 'code' in error ? String(error.code) : 'unknown' });
      throw error;
    }
  }
}

/** `/v1/refunds/{id}` of `/v1/refunds/re_1?expand[]=charge`. What is searched for is in the query. */
export const templateOf = (path: string): string =>
  (path.split('?')[0] ?? '')
    .split('/')
    .map((part) => (ID.test(part) && /\d|[A-Z]/.test(part) ? '{id}' : part))
    .join('/');
