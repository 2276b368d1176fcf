import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Stripe from 'stripe';
import { startSandbox } from '../../../sandbox/server.ts';
import type { Sandbox, SandboxOptions } from '../../../sandbox/server.ts';

export const webhookSecret = 'whsec_test_secret';

/** The official client, told of nothing but another host. It does not retry by itself, so that tests see every answer. */
export function stripeAt(url: string, maxNetworkRetries = 0): Stripe {
  const { hostname, port } = new URL(url);
  return new Stripe('sk_test_sandbox', {
    host: hostname,
    port: Number(port),
    protocol: 'http',
    maxNetworkRetries,
  });
}

export async function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'sandbox-'));
}

/** A sandbox on free ports with its own books, and the means to stop it and start it again on them. */
export class TestSandbox {
  readonly #options: Partial<SandboxOptions>;
  #sandbox: Sandbox | undefined;
  dataDir = '';

  constructor(options: Partial<SandboxOptions> = {}) {
    this.#options = options;
  }

  async start(options: Partial<SandboxOptions> = {}): Promise<void> {
    if (this.dataDir === '') this.dataDir = await temporaryFolder();
    this.#sandbox = await startSandbox({
      host: '127.0.0.1',
      port: 0,
      smtpPort: 0,
      dataDir: this.dataDir,
      webhookSecret,
      slowMs: 50,
      ...this.#options,
      ...options,
    });
  }

  async restart(options: Partial<SandboxOptions> = {}): Promise<void> {
    await this.running.close();
    await this.start(options);
  }

  async remove(): Promise<void> {
    await this.#sandbox?.close();
    if (this.dataDir !== '') await rm(this.dataDir, { recursive: true, force: true });
  }

  get running(): Sandbox {
    assert(this.#sandbox);
    return this.#sandbox;
  }

  get stripe(): Stripe {
    return stripeAt(this.running.url);
  }

  /** A control call; answers the parsed body and insists on a 2xx. */
  async control(method: 'GET' | 'POST', path: string, body?: object): Promise<unknown> {
    const response = await fetch(`${this.running.url}/sandbox${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    assert(response.ok, `${path}: ${response.status} ${text}`);
    return JSON.parse(text);
  }

  /** A plain HTTP request in Stripe's form encoding, for what the client hides. */
  async post(path: string, params: Record<string, string>, key?: string): Promise<Raw> {
    const response = await fetch(`${this.running.url}${path}`, {
      method: 'POST',
      headers: {
        authorization: 'Bearer sk_test_sandbox',
        'content-type': 'application/x-www-form-urlencoded',
        ...(key !== undefined && { 'idempotency-key': key }),
      },
      body: new URLSearchParams(params).toString(),
    });
    return { status: response.status, headers: response.headers, body: await response.json() };
  }
}

export interface Raw {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

export type PaymentParams = Stripe.PaymentIntentCreateParams;

/** A payment of 12.00 that is confirmed at once, of an order of its own. */
export function payment(params: Partial<PaymentParams> = {}): PaymentParams {
  return {
    amount: 1200,
    currency: 'eur',
    confirm: true,
    payment_method: 'pm_card_visa',
    metadata: { order_id: randomUUID() },
    ...params,
  };
}

/** What the promise is rejected with, which must be one of Stripe's errors. */
export async function failure(work: Promise<unknown>): Promise<Stripe.errors.StripeError> {
  try {
    await work;
  } catch (error) {
    assert(error instanceof Stripe.errors.StripeError, String(error));
    return error;
  }
  throw new assert.AssertionError({ message: 'it succeeded' });
}

/** The id of a payment's charge, which must not be expanded. */
export function chargeOf({ latest_charge }: Stripe.PaymentIntent): string {
  assert(typeof latest_charge === 'string');
  return latest_charge;
}
