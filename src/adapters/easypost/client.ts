import http from 'node:http';
import https from 'node:https';
import easypost from '@easypost/api';
import type { ObserveHttpCall } from '../../contracts/ports/tracing.ts';

/**
 * The package has types of its CommonJS build only, whose default export is a member. Node loads the build of ES modules, which is the
 * class itself.
 */
const Client = 'default' in easypost ? easypost.default : easypost;

export type EasyPost = InstanceType<typeof Client>;

export interface EasyPostOptions {
  apiKey: string;
  /** For example `https://api.easypost.com`, or the sandbox. */
  apiBase: string;
  /** Timeout of one request in milliseconds. Default 30 seconds: EasyPost asks the carriers while the request waits. */
  timeoutMs?: number;
  /** Hears of each request. */
  observe?: ObserveHttpCall | undefined;
}

/** What is used of a request of superagent, the HTTP client in EasyPost's client. */
interface SuperagentRequest {
  timeout(ms: number): this;
  agent(agent: http.Agent): this;
  once(event: 'response' | 'error' | 'abort', listener: (result: unknown) => void): this;
  readonly method: string;
  readonly url: string;
}

/**
 * Creates EasyPost's official client. Its option `timeout` has no effect, so the timeout is set on each request. The client does not
 * retry: Temporal does.
 */
export function createEasyPostClient({
  apiKey,
  apiBase,
  timeoutMs = 30_000,
  observe,
}: EasyPostOptions): EasyPost {
  const settings = { keepAlive: true, maxSockets: 64, scheduling: 'lifo' } as const;
  const agent = apiBase.startsWith('http:') ? new http.Agent(settings) : new https.Agent(settings);
  return new Client(apiKey, {
    baseUrl: `${apiBase}/v2/`,
    requestMiddleware: (request: SuperagentRequest) => {
      if (observe) observeRequest(request, observe);
      return request.timeout(timeoutMs).agent(agent);
    },
  });
}

/** Ids of EasyPost, such as `shp_2f…`. */
const ID = /^[a-z]{2,}_[0-9a-f]{8,}$/;

function observeRequest(request: SuperagentRequest, observe: ObserveHttpCall): void {
  const { protocol, hostname, port, pathname } = new URL(request.url);
  const ended = observe({
    method: request.method,
    host: hostname,
    port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
    template: pathname
      .split('/')
      .map((part) => (ID.test(part) ? '{id}' : part))
      .join('/'),
  });
  let isOver = false;
  const once = (result: Parameters<typeof ended>[0]): void => {
    if (!isOver) ended(result);
    isOver = true;
  };
  request
    .once('response', (response) => {
      const status = statusOf(response);
      once(status === undefined ? { error: 'no status' } : { status });
    })
    .once('error', (error) => {
      const status = statusOf(error);
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
      once(status === undefined ? { error: code } : { status });
    })
    .once('abort', () => {
      once({ error: 'aborted' });
    });
}

const statusOf = (result: unknown): number | undefined =>
  typeof result === 'object' && result !== null && 'status' in result && typeof result.status === 'number'
    ? result.status
    : undefined;
