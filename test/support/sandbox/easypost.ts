import { createServer, type Server } from 'node:http';
import assert from 'node:assert/strict';
import { createCarrier } from '../../../src/adapters/easypost/carrier.ts';
import { createEasyPostClient } from '../../../src/adapters/easypost/client.ts';
import { type EasyPostEvent, verifiedEasyPostEvent } from '../../../src/api/lib/easypost-events.ts';
import {
  type Carrier,
  type CarrierAddress,
  CarrierRefused,
  CarrierUnavailable,
  type ShipmentRequest,
} from '../../../src/contracts/ports/carrier.ts';

/** With characters that NFKD changes, as a secret that a person has chosen may have them. */
export const easypostSecret = 'geheim-ä-Ⅳ';

export const carrierAt = (apiBase: string, timeoutMs = 5_000): Carrier =>
  createCarrier(createEasyPostClient({ apiKey: 'EZTKtest', apiBase, timeoutMs }));

export const warehouse: CarrierAddress = {
  name: 'Warehouse',
  line1: '417 Montgomery Street',
  line2: '5th Floor',
  city: 'San Francisco',
  state: 'CA',
  postalCode: '94104',
  country: 'US',
  phone: '4153334445',
};

/** An address of a customer in the country of the warehouse. @param line2 a scenario of the sandbox */
export const customer = (line2?: string): CarrierAddress => ({
  name: 'Elizabeth Swan',
  line1: '179 N Harbor Dr',
  ...(line2 !== undefined && { line2 }),
  city: 'Redondo Beach',
  state: 'CA',
  postalCode: '90277',
  country: 'US',
});

export const shipmentRequest = (reference: string, line2?: string): ShipmentRequest => ({
  reference,
  from: warehouse,
  to: customer(line2),
  parcel: { weightGrams: 500 },
});

/** Returns the code of the refusal that the promise is rejected with. */
export async function refusal(work: Promise<unknown>): Promise<string> {
  const error = await rejection(work);
  assert(error instanceof CarrierRefused, String(error));
  return error.code;
}

export async function outage(work: Promise<unknown>): Promise<string> {
  const error = await rejection(work);
  assert(error instanceof CarrierUnavailable, String(error));
  return error.message;
}

async function rejection(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new assert.AssertionError({ message: 'the request succeeded' });
}

export interface ReceivedEvent {
  readonly body: Buffer;
  readonly signature: string;
}

/** Receives EasyPost's webhooks as a shop does: verifies every event with the official client and with our own code, and stores it. */
export class EasyPostListener {
  readonly received: ReceivedEvent[] = [];
  readonly events: EasyPostEvent[] = [];
  /** How many of the next deliveries are answered with 500. */
  failNext = 0;
  /** Errors of the verification; must stay empty. */
  readonly invalid: string[] = [];
  readonly #server: Server;
  readonly #official = createEasyPostClient({ apiKey: 'EZTKtest', apiBase: 'http://127.0.0.1:9' });
  url = '';

  constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const status = this.#receive(Buffer.concat(chunks), String(request.headers['x-hmac-signature']));
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

  /** Returns what the events about a tracker describe, in the order of their arrival. */
  descriptionsOf(trackerId: string): string[] {
    return this.events.filter((event) => event.trackerId === trackerId).map(({ description }) => description);
  }

  #receive(body: Buffer, signature: string): number {
    if (this.failNext > 0) {
      this.failNext -= 1;
      return 500;
    }
    try {
      this.#official.Utils.validateWebhook(body, { 'X-Hmac-Signature': signature }, easypostSecret);
      this.events.push(verifiedEasyPostEvent(body, signature, easypostSecret));
      this.received.push({ body, signature });
      return 200;
    } catch (error) {
      this.invalid.push(String(error));
      return 400;
    }
  }
}
