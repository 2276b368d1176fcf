import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { Webhook } from 'standardwebhooks';

export interface ReceivedWebhook {
  headers: IncomingHttpHeaders;
  body: string;
  id: string;
}

/** An endpoint whose answers the test decides. */
export interface Receiver {
  readonly url: string;
  /** All requests, whatever they were answered. */
  readonly received: readonly ReceivedWebhook[];
  /** The `webhook-id` of each request that was answered 2xx. */
  readonly accepted: readonly string[];
  answer: (response: ServerResponse, webhook: ReceivedWebhook) => void;
  close(): void;
}

export const answerWith =
  (status: number, headers: Record<string, string> = {}, body = '') =>
  (response: ServerResponse): void => {
    response.writeHead(status, headers).end(body);
  };

export async function openReceiver(): Promise<Receiver> {
  const received: ReceivedWebhook[] = [];
  const accepted: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const webhook = {
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
        id: String(request.headers['webhook-id']),
      };
      received.push(webhook);
      response.on('finish', () => {
        if (response.statusCode < 300) accepted.push(webhook.id);
      });
      receiver.answer(response, webhook);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const receiver: Receiver = {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/hooks`,
    received,
    accepted,
    answer: answerWith(204),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
  return receiver;
}

/**
 * Verifies the signature with the official library; returns the event.
 *
 * @throws if the signature is not valid
 */
export const verify = ({ body, headers }: ReceivedWebhook, secret: string): unknown =>
  new Webhook(secret).verify(body, {
    'webhook-id': String(headers['webhook-id']),
    'webhook-timestamp': String(headers['webhook-timestamp']),
    'webhook-signature': String(headers['webhook-signature']),
  });
