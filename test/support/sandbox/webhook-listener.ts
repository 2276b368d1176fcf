import { createServer } from 'node:http';
import type { Server } from 'node:http';
import Stripe from 'stripe';
import { webhookSecret } from './sandbox.ts';

/** Receives webhooks as a shop does: verifies every event with the official client and stores it. */
export class WebhookListener {
  readonly received: Stripe.Event[] = [];
  /** How many of the next deliveries are answered with 500. */
  failNext = 0;
  attempts = 0;
  /** Errors of the verification; must stay empty. */
  readonly invalid: string[] = [];
  readonly #server: Server;
  url = '';

  constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        this.attempts += 1;
        const status = this.#receive(Buffer.concat(chunks), String(request.headers['stripe-signature']));
        response.writeHead(status).end();
      });
    });
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const address = this.#server.address();
    this.url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/hook`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** Returns the types of the events about one object. */
  typesOf(id: string): string[] {
    return this.received
      .filter(({ data }) => 'id' in data.object && data.object.id === id)
      .map(({ type }) => type);
  }

  #receive(body: Buffer, signature: string): number {
    try {
      const event = Stripe.webhooks.constructEvent(body, signature, webhookSecret);
      if (this.failNext > 0) {
        this.failNext -= 1;
        return 500;
      }
      this.received.push(event);
      return 200;
    } catch (error) {
      this.invalid.push(String(error));
      return 400;
    }
  }
}
