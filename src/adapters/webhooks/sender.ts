import {
  Agent as HttpAgent,
  request as httpRequest,
  type ClientRequest,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { Webhook } from 'standardwebhooks';
import type { WebhookAttempt } from '../../contracts/ports/webhook-attempt.ts';
import { ForbiddenAddress, isPublicAddress, literalAddress, publicLookup } from './addresses.ts';

export interface WebhookMessage {
  url: string;
  /** The header `webhook-id`: the same each time the message is sent. */
  id: string;
  contentType: string;
  /** The type of the event that the message is about. */
  eventType?: string;
  /** Handed on to the receiver in the header of this name. Absent: the message has no trace. */
  traceparent?: string;
  body: string;
  /** One or more. The request has a signature for each of them. */
  secrets: readonly string[];
}

/** An attempt, and how long the receiver wants us to wait before the next one, if its response says so. */
export interface SentWebhook {
  attempt: WebhookAttempt;
  retryAfterMs?: number;
}

export interface WebhookSender {
  /** Sends the message once. A failure is returned as the attempt's `error`, not thrown. */
  send(message: WebhookMessage, signal: AbortSignal): Promise<SentWebhook>;
  close(): void;
}

export interface WebhookSenderOptions {
  /** Whether http:// URLs and addresses that are not public are allowed. */
  allowPrivate: boolean;
  /** Milliseconds within which the response must be complete. */
  timeoutMs?: number;
}

const TIMEOUT_MS = 15_000;
/** How many bytes of a response are stored. */
const MAX_STORED_BYTES = 1_000;
/** How many bytes of a response are read. */
const MAX_READ_BYTES = 65_536;
const MAX_CONNECTIONS_PER_HOST = 20;

/**
 * Sends webhooks as Standard Webhooks specifies. Redirects are not followed: they count as a failed attempt.
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function createWebhookSender({
  allowPrivate,
  timeoutMs = TIMEOUT_MS,
}: WebhookSenderOptions): WebhookSender {
  const agentOptions = { keepAlive: true, maxSockets: MAX_CONNECTIONS_PER_HOST, timeout: timeoutMs };
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
    async send({ url, id, contentType, traceparent, body, secrets }, signal) {
      const startedAt = new Date();
      const headers = {
        'content-type': contentType,
        'content-length': String(Buffer.byteLength(body)),
        'user-agent': 'durable-checkout',
        ...(traceparent !== undefined && { traceparent }),
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(startedAt.getTime() / 1_000)),
        'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, startedAt, body)).join(' '),
      };
      const { retryAfterMs, ...response } = await responseTo(
        () => open(new URL(url), headers, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])),
        body,
      );
      return {
        attempt: { startedAt, durationMs: Date.now() - startedAt.getTime(), headers, ...response },
        ...(retryAfterMs !== undefined && { retryAfterMs }),
      };
    },
    close() {
      http.destroy();
      https.destroy();
    },
  };
}

type Response = Pick<WebhookAttempt, 'status' | 'answer' | 'error'> & { retryAfterMs?: number };

async function responseTo(open: () => ClientRequest, body: string): Promise<Response> {
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      open().on('response', resolve).on('error', reject).end(body);
    });
    const answer = await startOfBody(response);
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

/** Returns the start of the body. Reads a short body to its end, so that the connection can be reused. */
async function startOfBody(response: IncomingMessage): Promise<string> {
  const stored: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    if (size < MAX_STORED_BYTES) stored.push(chunk.subarray(0, MAX_STORED_BYTES - size));
    size += chunk.length;
    if (size > MAX_READ_BYTES) {
      response.destroy();
      break;
    }
  }
  // PostgreSQL cannot store NUL in a text.
  return Buffer.concat(stored).toString('utf8').replaceAll('\0', '');
}

/** Converts `Retry-After`, seconds or a date (RFC 9110, section 10.2.3), to milliseconds from now. */
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
