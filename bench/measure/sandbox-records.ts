import { setTimeout as delay } from 'node:timers/promises';

/** What the stranger at the other end of the wire has in its books: the effects that a variant really had. */
export interface Books {
  readonly succeeded: number;
  /** Minor units. */
  readonly captured: number;
  readonly mails: number;
}

export async function readBooks(sandboxUrl: string): Promise<Books> {
  const response = await fetch(`${sandboxUrl}/sandbox/summary`);
  const summary = (await response.json()) as {
    paymentIntents: { byStatus: { succeeded?: number } };
    captured: number;
    mails: number;
  };
  const { paymentIntents, captured, mails } = summary;
  return { succeeded: paymentIntents.byStatus.succeeded ?? 0, captured, mails };
}

const POLL_MS = 50;
const MAILS_WITHIN_MS = 120_000;

/** Waits until so many mails have arrived in all: an order's answer does not wait for its mails. */
export async function mailsArrived(sandboxUrl: string, mails: number): Promise<Books> {
  const deadline = Date.now() + MAILS_WITHIN_MS;
  for (;;) {
    const books = await readBooks(sandboxUrl);
    if (books.mails >= mails) return books;
    if (Date.now() > deadline)
      throw new WrongResult(`${books.mails} mails have arrived, and ${mails} should have`);
    await delay(POLL_MS);
  }
}

/** Something that was measured is not right: then the measurement is worth nothing, and there is none. */
export class WrongResult extends Error {
  override readonly name = 'WrongResult';
}

export function expectEqual(what: string, actual: number, expected: number): void {
  if (actual !== expected) throw new WrongResult(`${what}: ${actual}, and it should be ${expected}`);
}

/** What the provider takes for each answer from now on, milliseconds. */
export async function setThinkTime(sandboxUrl: string, latencyMs: number): Promise<void> {
  const response = await fetch(`${sandboxUrl}/sandbox/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ latencyMs }),
  });
  if (!response.ok) throw new Error(`the sandbox answers ${response.status}: ${await response.text()}`);
}
