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

/** What became of an order: `outcome` is its status; `error` the code of the problem, or of the connection. */
export interface SendResult {
  readonly outcome?: string;
  readonly error?: string;
  /** How often it was sent again, since the connection had broken. */
  readonly retries: number;
}

export interface OrderSenderOptions {
  readonly connection: Connection;
  readonly maxSockets: number;
  /** How long the server may wait for the outcome, in seconds; 0: it need not. */
  readonly waitSeconds: number;
}

export interface OrderSender {
  /** Never rejects. Sends again with the same key where no answer came, so that it stays one order. */
  send(order: OrderRequest, key: string): Promise<SendResult>;
  close(): void;
}

const MAX_RETRIES = 3;
/** Beyond what the server was asked to wait, in milliseconds. */
const ANSWER_WITHIN_MS = 30_000;

/**
 * Places orders at the least cost to this machine, which often runs the server too: Node's own HTTP client on a fixed
 * set of kept-alive sockets takes well under half of the processor time of `fetch`.
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
  const timeout = waitSeconds * 1000 + ANSWER_WITHIN_MS;

  const post = async (body: Buffer, key: string): Promise<Omit<SendResult, 'retries'>> => {
    const headers = { ...fixed, 'Content-Length': body.length, 'Idempotency-Key': key };
    const request = (secure ? httpsRequest : httpRequest)(url, { method: 'POST', agent, headers, timeout });
    request.on('timeout', () =>
      request.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })),
    );
    request.end(body);
    const response = await answerOf(request);
    const status = response.statusCode ?? 0;
    const answer: unknown = await json(response).catch((error: unknown) => {
      if (error instanceof SyntaxError) return undefined; // an answer, if not one of the API
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
          return { ...(await post(body, key)), retries };
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
