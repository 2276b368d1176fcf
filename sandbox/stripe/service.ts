import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RequestKind } from '../faults.ts';
import type { Journal } from '../journal.ts';
import { Transaction } from './transaction.ts';
import type { Origin } from './transaction.ts';
import { expand } from './expand.ts';
import { keyInUse, keyReused, locked, StripeFailure } from './failure.ts';
import { canonical, emptyForm } from './form.ts';
import type { Form } from './form.ts';
import type { AnswerEntry, LedgerEntry } from './ledger.ts';
import type { Operation, Prepared, OperationContext } from './operation.ts';
import type { Outcome } from './pay.ts';
import { Params } from './params.ts';
import { behaviourOf } from './payment-methods.ts';
import type { StoredResponse } from './records.ts';
import { render } from './render.ts';

export interface WriteRequest {
  readonly operation: Operation;
  readonly kind: RequestKind | undefined;
  /** The path, which the idempotency key is bound to like the parameters. */
  readonly path: string;
  /** The object in the path; empty for a creation. */
  readonly id: string;
  readonly form: Form;
  readonly origin: Origin & { readonly requestId: string };
}

export interface Answer {
  readonly status: number;
  readonly body: string;
  /** The request first answered so, when this is a replay. */
  readonly replayOf?: string;
  readonly loseAnswer?: boolean;
  /** Whether a key remembers it: asked again under the same key, it would come out the same. */
  readonly stored: boolean;
}

export interface ServiceOptions extends OperationContext {
  readonly journal: () => Journal<LedgerEntry>;
  /** Milliseconds that `pm_sandbox_slow` takes. */
  readonly slowMs: number;
  /** Ends waiting requests, without effect, when the sandbox stops. */
  readonly stopping: AbortSignal;
  /** Whether events are owed to a webhook. */
  readonly delivers: boolean;
  /** Told of every change once it is on disk. */
  readonly onCommitted: (entry: LedgerEntry) => void;
}

/**
 * Every change of the books goes through here: idempotency key, trouble on order, the change itself, its journal line, and
 * only then the answer.
 */
export class StripeService {
  readonly #options: ServiceOptions;
  readonly #keysInFlight = new Set<string>();
  readonly #objectsInUse = new Set<string>();

  constructor(options: ServiceOptions) {
    this.#options = options;
  }

  async write(request: WriteRequest): Promise<Answer> {
    const key = request.origin.idempotencyKey;
    if (key === null) return this.#execute(request, undefined);
    const fingerprint = createHash('sha256')
      .update(`${request.path}\n${canonical(request.form)}`)
      .digest('base64');
    const known = this.#options.ledger.answers.find(key);
    if (known !== undefined) {
      if (known.fingerprint !== fingerprint) throw keyReused(key);
      await this.#options.journal().settled();
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

  /** Applies a change that is no API request of the shop's: an authentication, a heal, the end of an authorisation. Safe on disk when it resolves. */
  async control<T>(change: (draft: Transaction) => T): Promise<T> {
    const draft = new Transaction(this.#options.ledger, { requestId: null, idempotencyKey: null });
    const result = change(draft);
    await this.#commit(draft, undefined);
    return result;
  }

  async #execute(
    request: WriteRequest,
    key: { key: string; fingerprint: string } | undefined,
  ): Promise<Answer> {
    const fault = this.#options.faults.failure(request.kind);
    if (fault?.stored === false) throw fault;
    const prepared = request.operation(request.form, request.id, this.#options);
    if (this.#objectsInUse.has(request.id)) throw locked();
    await this.#takeTime(prepared, request.id);
    const draft = new Transaction(this.#options.ledger, request.origin);
    const { outcome, kept } = fault ? { outcome: { failure: fault }, kept: false } : attempt(prepared, draft);
    const answer = answerOf(request, outcome, draft);
    const stored = key !== undefined && outcome.failure?.stored !== false;
    // An endpoint that throws has changed nothing; what its key then remembers is the error alone.
    await this.#commit(
      kept ? draft : new Transaction(this.#options.ledger, request.origin),
      stored ? answerEntry(key, request, outcome, answer) : undefined,
    );
    return { ...answer, stored, loseAnswer: outcome.loseAnswer ?? false };
  }

  async #commit(draft: Transaction, answer: AnswerEntry | undefined): Promise<void> {
    const { ledger, journal, delivers, onCommitted } = this.#options;
    const entry = draft.entry(answer, delivers);
    if (entry === undefined) return journal().settled();
    ledger.apply(entry);
    await journal().append(entry);
    onCommitted(entry);
  }

  async #takeTime({ paysWith, simulatesLatency }: Prepared, id: string): Promise<void> {
    const slow = paysWith !== undefined && behaviourOf(paysWith)?.kind === 'slow';
    const ms =
      (simulatesLatency === true ? this.#options.faults.trouble.latencyMs : 0) +
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

function answerOf(
  request: WriteRequest,
  { record, failure }: Outcome,
  draft: Transaction,
): { status: number; body: string } {
  if (failure !== undefined) return failureAnswer(failure, request.origin.requestId);
  const paths = new Params(request.form, Object.keys(request.form)).list('expand');
  const body = record === undefined ? emptyForm() : render(record);
  return { status: 200, body: JSON.stringify(paths.length === 0 ? body : expand(draft, body, paths)) };
}

/** Stripe's error envelope. */
export function failureAnswer(failure: StripeFailure, requestId: string): { status: number; body: string } {
  const { code } = failure.body;
  const links = {
    ...(code !== undefined && {
      doc_url: `https://stripe.com/docs/error-codes/${code.replaceAll('_', '-')}`,
    }),
    request_log_url: `https://dashboard.stripe.com/test/logs/${requestId}`,
  };
  return { status: failure.status, body: JSON.stringify({ error: { ...failure.body, ...links } }) };
}

function attempt(prepared: Prepared, draft: Transaction): { outcome: Outcome; kept: boolean } {
  try {
    return { outcome: prepared.run(draft), kept: true };
  } catch (error) {
    if (error instanceof StripeFailure) return { outcome: { failure: error }, kept: false };
    throw error;
  }
}

/** A plain object is remembered by its record (which the entry holds already); everything else by its text. */
function answerEntry(
  key: { key: string; fingerprint: string },
  request: WriteRequest,
  { record }: Outcome,
  { status, body }: { status: number; body: string },
): AnswerEntry {
  const base = { ...key, at: Date.now(), status, request: request.origin.requestId };
  return record === undefined || request.form['expand'] !== undefined
    ? { ...base, body }
    : { ...base, record: record.id };
}

function textOf(answer: StoredResponse): string {
  return answer.record === undefined ? (answer.body ?? '') : JSON.stringify(render(answer.record));
}
