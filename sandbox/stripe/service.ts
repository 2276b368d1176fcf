import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RequestKind } from './faults.ts';
import type { Journal } from '../storage/journal.ts';
import { Transaction } from './transaction.ts';
import type { Origin } from './transaction.ts';
import { expand } from './expand.ts';
import { keyInUse, keyReused, locked, StripeFailure } from './failure.ts';
import { canonical, emptyForm } from './form.ts';
import type { Form } from './form.ts';
import type { ResponseEntry, LedgerEntry } from './ledger.ts';
import type { Operation, PreparedOperation, OperationContext } from './operation.ts';
import type { Outcome } from './pay.ts';
import { Params } from './params.ts';
import { behaviourOf } from './payment-methods.ts';
import type { StoredResponse } from './records.ts';
import { render } from './render.ts';

export interface WriteRequest {
  readonly operation: Operation;
  readonly kind: RequestKind | undefined;
  /** The path. An idempotency key is valid only for the same path and parameters. */
  readonly path: string;
  /** The id of the object in the path; empty for a creation. */
  readonly id: string;
  readonly form: Form;
  readonly origin: Origin & { readonly requestId: string };
}

export interface WriteResponse {
  readonly status: number;
  readonly body: string;
  /** For a replay: the id of the request that was executed. */
  readonly replayOf?: string;
  readonly dropResponse?: boolean;
  /** Whether the response is stored, so that another request with the same idempotency key gets the same response. */
  readonly stored: boolean;
}

export interface ServiceOptions extends OperationContext {
  readonly journal: () => Journal<LedgerEntry>;
  /** How many milliseconds a payment with `pm_sandbox_slow` takes. */
  readonly slowMs: number;
  /** Aborted when the sandbox stops: requests that wait end without effect. */
  readonly stopping: AbortSignal;
  /** Whether events are sent to a webhook. */
  readonly hasWebhook: boolean;
  /** Called with every entry when it is written to the journal. */
  readonly onCommitted: (entry: LedgerEntry) => void;
}

/**
 * Makes all changes of the ledger. For each request it checks the idempotency key, applies the configured faults, executes the
 * change, writes the journal entry, and then returns the response.
 */
export class StripeService {
  readonly #options: ServiceOptions;
  readonly #keysInFlight = new Set<string>();
  readonly #objectsInUse = new Set<string>();

  constructor(options: ServiceOptions) {
    this.#options = options;
  }

  async write(request: WriteRequest): Promise<WriteResponse> {
    const key = request.origin.idempotencyKey;
    if (key === null) return this.#execute(request, undefined);
    const fingerprint = createHash('sha256')
      .update(`${request.path}\n${canonical(request.form)}`)
      .digest('base64');
    const known = this.#options.ledger.idempotencyKeys.find(key);
    if (known !== undefined) {
      if (known.fingerprint !== fingerprint) throw keyReused(key);
      await this.#options.journal().flushed();
      return { status: known.status, body: textOf(known), replayOf: known.request, stored: true };
    }
    if (this.#keysInFlight.has(key)) throw keyInUse(key);
    this.#keysInFlight.add(key);
    try {
      return await this.#execute(request, { key, fingerprint });
    } finally {
      this.#keysInFlight.delete(key);
    }
  }

  /**
   * Applies a change that is not a request of the shop, such as an authentication or the expiry of an authorization. The change is
   * written to the journal when it resolves.
   */
  async control<T>(change: (transaction: Transaction) => T): Promise<T> {
    const transaction = new Transaction(this.#options.ledger, { requestId: null, idempotencyKey: null });
    const result = change(transaction);
    await this.#commit(transaction, undefined);
    return result;
  }

  async #execute(
    request: WriteRequest,
    key: { key: string; fingerprint: string } | undefined,
  ): Promise<WriteResponse> {
    const fault = this.#options.faults.failure(request.kind);
    if (fault?.stored === false) throw fault;
    const prepared = request.operation(request.form, request.id, this.#options);
    if (this.#objectsInUse.has(request.id)) throw locked();
    await this.#delay(prepared, request.id);
    const transaction = new Transaction(this.#options.ledger, request.origin);
    const { outcome, succeeded } = fault
      ? { outcome: { failure: fault }, succeeded: false }
      : attempt(prepared, transaction);
    const response = responseOf(request, outcome, transaction);
    const stored = key !== undefined && outcome.failure?.stored !== false;
    // An operation that throws has changed nothing: only the error is stored under its key.
    await this.#commit(
      succeeded ? transaction : new Transaction(this.#options.ledger, request.origin),
      stored ? responseEntry(key, request, outcome, response) : undefined,
    );
    return { ...response, stored, dropResponse: outcome.dropResponse ?? false };
  }

  async #commit(transaction: Transaction, response: ResponseEntry | undefined): Promise<void> {
    const { ledger, journal, hasWebhook, onCommitted } = this.#options;
    const entry = transaction.entry(response, hasWebhook);
    if (entry === undefined) return journal().flushed();
    ledger.apply(entry);
    await journal().append(entry);
    onCommitted(entry);
  }

  async #delay({ paymentMethod, simulatesLatency }: PreparedOperation, id: string): Promise<void> {
    const slow = paymentMethod !== undefined && behaviourOf(paymentMethod)?.kind === 'slow';
    const ms =
      (simulatesLatency === true ? this.#options.faults.settings.latencyMs : 0) +
      (slow ? this.#options.slowMs : 0);
    if (ms === 0) return;
    if (id !== '') this.#objectsInUse.add(id);
    try {
      await sleep(ms, undefined, { signal: this.#options.stopping });
    } finally {
      this.#objectsInUse.delete(id);
    }
  }
}

function responseOf(
  request: WriteRequest,
  { record, failure }: Outcome,
  transaction: Transaction,
): { status: number; body: string } {
  if (failure !== undefined) return failureResponse(failure, request.origin.requestId);
  const paths = new Params(request.form, Object.keys(request.form)).list('expand');
  const body = record === undefined ? emptyForm() : render(record);
  return { status: 200, body: JSON.stringify(paths.length === 0 ? body : expand(transaction, body, paths)) };
}

/** Returns the failure as a response in Stripe's format. */
export function failureResponse(failure: StripeFailure, requestId: string): { status: number; body: string } {
  const { code } = failure.body;
  const links = {
    ...(code !== undefined && {
      doc_url: `https://stripe.com/docs/error-codes/${code.replaceAll('_', '-')}`,
    }),
    request_log_url: `https://dashboard.stripe.com/test/logs/${requestId}`,
  };
  return { status: failure.status, body: JSON.stringify({ error: { ...failure.body, ...links } }) };
}

function attempt(
  prepared: PreparedOperation,
  transaction: Transaction,
): { outcome: Outcome; succeeded: boolean } {
  try {
    return { outcome: prepared.run(transaction), succeeded: true };
  } catch (error) {
    if (error instanceof StripeFailure) return { outcome: { failure: error }, succeeded: false };
    throw error;
  }
}

/** A plain object is stored as a reference to its record, which the entry already contains; any other response as its body. */
function responseEntry(
  key: { key: string; fingerprint: string },
  request: WriteRequest,
  { record }: Outcome,
  { status, body }: { status: number; body: string },
): ResponseEntry {
  const base = { ...key, at: Date.now(), status, request: request.origin.requestId };
  return record === undefined || request.form['expand'] !== undefined
    ? { ...base, body }
    : { ...base, record: record.id };
}

function textOf(response: StoredResponse): string {
  return response.record === undefined ? (response.body ?? '') : JSON.stringify(render(response.record));
}
