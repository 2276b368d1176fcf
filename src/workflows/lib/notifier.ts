import { condition } from '@temporalio/workflow';
import type { MailKind, MailRequest } from '../../contracts/http/mail.ts';
import type { CarriedSteps } from '../../contracts/temporal/operations.ts';
import type { Backoff } from '../../domain/backoff.ts';
import { notify, notifyLocally } from './activities.ts';
import { isStepFailure, isSuperseded } from './failures.ts';
import type { HandOver } from './hand-over.ts';
import type { StepRunner } from './step-runner.ts';

/** A mail that waits for an operator is still retried: after a minute at first, every six hours at last. */
const BACKOFF: Backoff = { firstMs: 60_000, maxMs: 21_600_000 };

/** Sends the customer's mails in the background, so that no mail can stop the workflow. */
export class CustomerNotifier {
  readonly #orderId: string;
  readonly #steps: StepRunner;
  readonly #partInName: boolean;
  readonly #sending: Promise<void>[] = [];
  readonly #unsent = new Set<CarriedSteps['mails'][number]>();
  #firstAttempts = 0;
  #ended = 0;

  /** @param partInName whether the step of a mail is named after its part too, for a workflow that sends several mails of a kind */
  constructor(orderId: string, steps: StepRunner, { partInName = false } = {}) {
    this.#orderId = orderId;
    this.#steps = steps;
    this.#partInName = partInName;
  }

  /** Whether no mail is in its first attempt, which is no step. */
  get isQuiet(): boolean {
    return this.#firstAttempts === 0;
  }

  /** The mails that are not sent, for the next run of a workflow that continues as new. */
  get carried(): CarriedSteps['mails'] {
    return [...this.#unsent];
  }

  /** Goes on with the mails that the run before has not sent. */
  takeOver(mails: CarriedSteps['mails']): void {
    for (const { kinds, part } of mails) this.send(kinds, part);
  }

  /** How many calls of {@link send} have ended: their mails are sent or skipped. */
  get ended(): number {
    return this.#ended;
  }

  /** Starts to send mails and returns at once. `part` distinguishes several mails of the same kind, for example refunds. */
  send(kinds: MailKind[], part?: number): void {
    const mails = kinds.map((kind) => ({
      orderId: this.#orderId,
      kind,
      ...(part !== undefined && { part }),
    }));
    const summary = kinds.join(', ');
    const name = `notify ${summary}${this.#partInName && part !== undefined ? ` ${part}` : ''}`;
    const unsent = { kinds, ...(part !== undefined && { part }) };
    this.#unsent.add(unsent);
    this.#sending.push(
      this.#deliver(name, mails, summary, () => {
        this.#unsent.delete(unsent);
        this.#ended += 1;
      }),
    );
  }

  /** Resolves when every mail is sent or skipped by an operator. */
  async done(): Promise<void> {
    await Promise.all(this.#sending);
  }

  /** Like {@link done}, for a workflow that may continue as new meanwhile. */
  async doneOr(handOver: HandOver): Promise<void> {
    for (let mayLeave = true; this.#unsent.size > 0;) {
      await condition(() => this.#unsent.size === 0 || (mayLeave && handOver.isDue));
      if (this.#unsent.size > 0) mayLeave = await handOver.leave();
    }
    await this.done();
  }

  async #deliver(name: string, mails: MailRequest[], summary: string, ended: () => void): Promise<void> {
    // A mail that an earlier run has parked stays parked until it is sent.
    if (!this.#steps.isParked(name)) {
      this.#firstAttempts += 1;
      try {
        await this.#steps.inTurn(() => notifyLocally.executeWithOptions({ summary }, [mails]));
        ended();
        return;
      } catch (error) {
        if (!isStepFailure(error)) throw error;
      } finally {
        this.#firstAttempts -= 1;
      }
    }
    try {
      await this.#steps.retryUntilDoneOrSkipped({
        name,
        run: () => notify.executeWithOptions({ summary }, [mails]),
        backoff: BACKOFF,
        roundsBeforeParking: 1,
        inBackground: true,
      });
    } catch (error) {
      // The mail is sent. That it is not parked any more is up to the later run that carries the order.
      if (!isSuperseded(error)) throw error;
    }
    ended();
  }
}
