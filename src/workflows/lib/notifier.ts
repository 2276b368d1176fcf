import type { MailKind, MailRequest } from '../../contracts/http/mail.ts';
import type { Backoff } from '../../domain/backoff.ts';
import { notify, notifyLocally } from './activities.ts';
import { isStepFailure } from './failures.ts';
import type { StepRunner } from './step-runner.ts';

/** A mail that waits for an operator is still retried: after a minute at first, every six hours at last. */
const BACKOFF: Backoff = { firstMs: 60_000, maxMs: 21_600_000 };

/** Sends the customer's mails in the background, so that no mail can stop the workflow. */
export class CustomerNotifier {
  readonly #orderId: string;
  readonly #steps: StepRunner;
  readonly #sending: Promise<void>[] = [];

  constructor(orderId: string, steps: StepRunner) {
    this.#orderId = orderId;
    this.#steps = steps;
  }

  /** Starts to send mails and returns at once. `part` distinguishes several mails of the same kind, for example refunds. */
  send(kinds: MailKind[], part?: number): void {
    const mails = kinds.map((kind) => ({
      orderId: this.#orderId,
      kind,
      ...(part !== undefined && { part }),
    }));
    this.#sending.push(this.#deliver(mails, kinds.join(', ')));
  }

  /** Resolves when every mail is sent or skipped by an operator. */
  async done(): Promise<void> {
    await Promise.all(this.#sending);
  }

  async #deliver(mails: MailRequest[], summary: string): Promise<void> {
    try {
      await notifyLocally.executeWithOptions({ summary }, [mails]);
      return;
    } catch (error) {
      if (!isStepFailure(error)) throw error;
    }
    await this.#steps.retryUntilDoneOrSkipped({
      name: `notify ${summary}`,
      run: () => notify.executeWithOptions({ summary }, [mails]),
      backoff: BACKOFF,
      roundsBeforeParking: 1,
      inBackground: true,
    });
  }
}
