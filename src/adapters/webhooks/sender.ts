import {
  Agent as HttpAgent,
  request as httpRequest,
  type ClientRequest,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { Webhook } from 'standardwebhooks';
import type { WebhookAttempt } from '../postgres/webhook-deliveries.ts';
import { ForbiddenAddress, isPublicAddress, literalAddress, publicLookup } from './addresses.ts';

export interface WebhookMessage {
  url: string;
  /** The header `webhook-id`: the same however often it is sent. */
  id: string;
  contentType: string;
  body: string;
  /** One or more; the request carries a signature of each. */
  secrets: readonly string[];
}

/** An attempt, and when the receiver wants the next one, where it has said so. */
export interface SentWebhook {
  attempt: WebhookAttempt;
  retryAfterMs?: number;
}

export interface WebhookSender {
  /** Sends it once. Whatever comes of it is an answer, not an exception. */
  send(message: WebhookMessage, signal: AbortSignal): Promise<SentWebhook>;
  close(): void;
}

export interface WebhookSenderOptions {
  /** Whether plain http, and addresses that are not public, are sent to. */
  allowPrivate: boolean;
  /** Milliseconds until the answer must be there. */
  timeoutMs?: number;
}

const TIMEOUT_MS = 15_000;
/** Bytes of an answer that are kept, and that are read at most. */
const KEPT_BYTES = 1_000;
const READ_BYTES = 65_536;
const CONNECTIONS_OF_A_HOST = 20;

/**
 * Sends as Standard Webhooks says. A redirect is an answer like any other, and is not followed.
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function createWebhookSender({
  allowPrivate,
  timeoutMs = TIMEOUT_MS,
}: WebhookSenderOptions): WebhookSender {
  const agentOptions = { keepAlive: true, maxSockets: CONNECTIONS_OF_A_HOST, timeout: timeoutMs };
  const http = new HttpAgent(agentOptions);
  const https = new HttpsAgent(agentOptions);

  function open(url: URL, headers: Record<string, string>, signal: AbortSignal): ClientRequest {
    const address = literalAddress(url);
    if (!allowPrivate && url.protocol !== 'https:') throw new ForbiddenAddress('the URL is not https');
    if (!allowPrivate && address !== undefined && !isPublicAddress(address))
      throw new ForbiddenAddress('the address is not public');
    const options = {
      method: 'POST',
      headers,
      signal,
      ...(!allowPrivate && { lookup: publicLookup }),
    };
    return url.protocol === 'https:'
      ? httpsRequest(url, { ...options, agent: https })
      : httpRequest(url, { ...options, agent: http });
  }

  return {
    async send({ url, id, contentType, body, secrets }, signal) {
      const startedAt = new Date();
      const headers = {
        'content-type': contentType,
        'content-length': String(Buffer.byteLength(body)),
        'user-agent': 'durable-checkout',
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(startedAt.getTime() / 1_000)),
        'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, startedAt, body)).join(' '),
      };
      const answered = await answerOf(
        () => open(new URL(url), headers, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])),
        body,
      );
      const { retryAfterMs, ...answer } = answered;
      return {
        attempt: { startedAt, durationMs: Date.now() - startedAt.getTime(), headers, ...answer },
        ...(retryAfterMs !== undefined && { retryAfterMs }),
      };
    },
    close() {
      http.destroy();
      https.destroy();
    },
  };
}

type Answer = Pick<WebhookAttempt, 'status' | 'answer' | 'error'> & { retryAfterMs?: number };

async function answerOf(open: () => ClientRequest, body: string): Promise<Answer> {
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      open().on('response', resolve).on('error', reject).end(body);
    });
    const answer = await beginningOf(response);
    const retryAfterMs = retryAfter(response.headers['retry-after']);
    return {
      status: response.statusCode ?? 0,
      ...(answer !== '' && { answer }),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    };
  } catch (error) {
    return { error: reasonOf(error) };
  }
}

/** Reads on to the end where that is near, so that the connection can be used again. */
async function beginningOf(response: IncomingMessage): Promise<string> {
  const kept: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    if (size < KEPT_BYTES) kept.push(chunk.subarray(0, KEPT_BYTES - size));
    size += chunk.length;
    if (size > READ_BYTES) {
      response.destroy();
      break;
    }
  }
  // PostgreSQL keeps no NUL in a text.
  return Buffer.concat(kept).toString('utf8').replaceAll('\0', '');
}

/** Seconds or a date (RFC 9110, 10.2.3), as milliseconds from now. */
function retryAfter(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d{1,9}$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) && ms > 0 ? ms : undefined;
}

function reasonOf(error: unknown): string {
  if (error instanceof ForbiddenAddress) return error.message;
  if (error instanceof Error && error.name === 'TimeoutError') return 'no answer in time';
  if (error instanceof Error && error.cause instanceof Error && error.cause.name === 'TimeoutError')
    return 'no answer in time';
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return error instanceof Error ? error.message : typeof error;
}
