import http from 'node:http';
import https from 'node:https';
import easypost from '@easypost/api';

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
}

/** What is used of a request of superagent, the HTTP client in EasyPost's client. */
interface SuperagentRequest {
  timeout(ms: number): this;
  agent(agent: http.Agent): this;
}

/**
 * Creates EasyPost's official client. Its option `timeout` has no effect, so the timeout is set on each request. The client does not
 * retry: Temporal does.
 */
export function createEasyPostClient({ apiKey, apiBase, timeoutMs = 30_000 }: EasyPostOptions): EasyPost {
  const settings = { keepAlive: true, maxSockets: 64, scheduling: 'lifo' } as const;
  const agent = apiBase.startsWith('http:') ? new http.Agent(settings) : new https.Agent(settings);
  return new Client(apiKey, {
    baseUrl: `${apiBase}/v2/`,
    requestMiddleware: (request: SuperagentRequest) => request.timeout(timeoutMs).agent(agent),
  });
}
