import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Stripe from 'stripe';
import { startSandbox } from '../../../sandbox/server.ts';
import type { Sandbox, SandboxOptions } from '../../../sandbox/server.ts';

export const webhookSecret = 'whsec_test_secret';

/** Returns the official client for another host. By default it does not retry, so that tests see every response. */
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

/** A sandbox on free ports with its own data, which a test can stop and start again. */
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

  /**
   * Sends a control request; returns the parsed body.
   *
   * @throws if the response is not 2xx
   */
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

  /** Sends an HTTP request in Stripe's form encoding, for tests of what the official client hides. */
  async post(path: string, params: Record<string, string>, key?: string): Promise<RawResponse> {
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

export interface RawResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

export type PaymentParams = Stripe.PaymentIntentCreateParams;

/** Returns the parameters of a payment of 12.00 EUR for a new order, confirmed at once. */
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

/** Returns the error that the promise is rejected with, which must be one of Stripe's. */
export async function failure(work: Promise<unknown>): Promise<Stripe.errors.StripeError> {
  try {
    await work;
  } catch (error) {
    assert(error instanceof Stripe.errors.StripeError, String(error));
    return error;
  }
  throw new assert.AssertionError({ message: 'the request succeeded' });
}

/** Returns the id of a payment's charge, which must not be expanded. */
export function chargeOf({ latest_charge }: Stripe.PaymentIntent): string {
  assert(typeof latest_charge === 'string');
  return latest_charge;
}
