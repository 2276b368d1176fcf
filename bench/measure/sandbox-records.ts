import { setTimeout as delay } from 'node:timers/promises';
import { WrongResult } from '../lib/expect-equal.ts';

/** What the sandbox has recorded: the effects that a variant had at the payment provider and the mail server. */
export interface SandboxRecords {
  /** Payments that succeeded. */
  readonly succeeded: number;
  /** Minor units. */
  readonly captured: number;
  readonly mails: number;
}

export async function readSandboxRecords(sandboxUrl: string): Promise<SandboxRecords> {
  const response = await fetch(`${sandboxUrl}/sandbox/summary`);
  const summary = (await response.json()) as {
    paymentIntents: { byStatus: { succeeded?: number } };
    captured: number;
    mails: number;
  };
  const { paymentIntents, captured, mails } = summary;
  return { succeeded: paymentIntents.byStatus.succeeded ?? 0, captured, mails };
}

const MAIL_POLL_INTERVAL_MS = 50;
const MAILS_WITHIN_MS = 120_000;

/**
 * Waits until the sandbox has received so many mails in all: the response to an order does not wait for its mails.
 * @throws {WrongResult} where they do not arrive
 */
export async function waitForMails(sandboxUrl: string, mails: number): Promise<SandboxRecords> {
  const deadline = Date.now() + MAILS_WITHIN_MS;
  for (;;) {
    const records = await readSandboxRecords(sandboxUrl);
    if (records.mails >= mails) return records;
    if (Date.now() > deadline)
      throw new WrongResult(
        `mails: expected ${mails} within ${MAILS_WITHIN_MS / 1_000} s, received ${records.mails}`,
      );
    await delay(MAIL_POLL_INTERVAL_MS);
  }
}

/** Sets how long the payment provider takes for each response from now on, in milliseconds. */
export async function setProviderLatency(sandboxUrl: string, latencyMs: number): Promise<void> {
  const response = await fetch(`${sandboxUrl}/sandbox/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ latencyMs }),
  });
  if (!response.ok)
    throw new Error(`the sandbox did not accept the latency: ${response.status} ${await response.text()}`);
}
