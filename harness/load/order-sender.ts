import {
  Agent as HttpAgent,
  request as httpRequest,
  type ClientRequest,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { json } from 'node:stream/consumers';
import type { OrderRequest } from '../../src/contracts/http/order.ts';
import type { Connection } from '../api/connection.ts';
import { transportCode } from '../api/errors.ts';

/** `outcome`: the status of the order. `error`: the code of the problem, or of the failed connection. */
export interface SendResult {
  readonly outcome?: string;
  readonly error?: string;
  /** How often the order was sent again because the connection had failed. */
  readonly retries: number;
}

export interface OrderSenderOptions {
  readonly connection: Connection;
  readonly maxSockets: number;
  /** How long the server may wait for the outcome, in seconds; 0: it answers at once. */
  readonly waitSeconds: number;
}

export interface OrderSender {
  /** Never rejects. When no answer comes it sends again with the same key, which makes no second order. */
  send(order: OrderRequest, key: string): Promise<SendResult>;
  close(): void;
}

const MAX_RETRIES = 3;
/** The timeout of a call beyond the time that the server may wait, in milliseconds. */
const ANSWER_TIMEOUT_MS = 30_000;

/**
 * Places orders with little processor time, because the same machine often runs the server: Node's own HTTP client on a fixed
 * set of kept-alive sockets takes well under half of the processor time of `fetch`. This is why it is not `ApiClient`.
 */
export function createOrderSender({ connection, maxSockets, waitSeconds }: OrderSenderOptions): OrderSender {
  const url = new URL(`${connection.url}/v1/orders`);
  const secure = url.protocol === 'https:';
  const agent = new (secure ? HttpsAgent : HttpAgent)({ keepAlive: true, maxSockets });
  const fixed = {
    'Content-Type': 'application/json',
    ...(connection.apiKey === undefined ? undefined : { Authorization: `Bearer ${connection.apiKey}` }),
    ...(waitSeconds > 0 ? { Prefer: `wait=${waitSeconds}` } : undefined),
  };
  const timeout = waitSeconds * 1000 + ANSWER_TIMEOUT_MS;

  const placeOnce = async (body: Buffer, key: string): Promise<Omit<SendResult, 'retries'>> => {
    const headers = { ...fixed, 'Content-Length': body.length, 'Idempotency-Key': key };
    const request = (secure ? httpsRequest : httpRequest)(url, { method: 'POST', agent, headers, timeout });
    request.on('timeout', () =>
      request.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })),
    );
    request.end(body);
    const response = await answerOf(request);
    const status = response.statusCode ?? 0;
    const answer: unknown = await json(response).catch((error: unknown) => {
      if (error instanceof SyntaxError) return undefined; // an answer, but not from the API
      throw error;
    });
    return status < 300
      ? { outcome: textOf(answer, 'status') ?? 'accepted' }
      : { error: textOf(answer, 'code') ?? `http_${status}` };
  };

  return {
    async send(order, key) {
      const body = Buffer.from(JSON.stringify(order));
      for (let retries = 0; ; retries += 1) {
        try {
          return { ...(await placeOnce(body, key)), retries };
        } catch (error) {
          if (retries === MAX_RETRIES) return { error: transportCode(error), retries };
        }
      }
    },
    close() {
      agent.destroy();
    },
  };
}

const answerOf = (request: ClientRequest): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    request.once('response', resolve);
    request.on('error', reject);
  });

function textOf(answer: unknown, key: string): string | undefined {
  const value: unknown = typeof answer === 'object' && answer !== null ? Reflect.get(answer, key) : undefined;
  return typeof value === 'string' ? value : undefined;
}
