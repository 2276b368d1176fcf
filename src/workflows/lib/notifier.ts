import { patched } from '@temporalio/workflow';
import type { MailKind, MailRequest } from '../../contracts/http/mail.ts';
import type { Backoff } from '../../domain/backoff.ts';
import type { StepRunner } from './step-runner.ts';
import { isStepFailure, notify, notifyAtOnce } from './steps.ts';

/** A mail that waits for an operator is tried again now and then. */
const PAUSE: Backoff = { firstMs: 60_000, maxMs: 21_600_000 };

/** What a customer is told. Mails leave beside the story and never stop it. */
export class CustomerNotifier {
  readonly #orderId: string;
  readonly #parking: StepRunner;
  readonly #mails: Promise<void>[] = [];

  constructor(orderId: string, parking: StepRunner) {
    this.#orderId = orderId;
    this.#parking = parking;
  }

  /** `part`: which of several of its kind. */
  tell(kinds: MailKind[], part?: number): void {
    const mails = kinds.map((kind) => ({
      orderId: this.#orderId,
      kind,
      ...(part !== undefined && { part }),
    }));
    this.#mails.push(this.#send(mails, kinds.join(', ')));
  }

  /** Every mail has left, or an operator has given it up. */
  async done(): Promise<void> {
    await Promise.all(this.#mails);
  }

  async #send(mails: MailRequest[], summary: string): Promise<void> {
    try {
      await notifyAtOnce.executeWithOptions({ summary }, [mails]);
      return;
    } catch (error) {
      if (!isStepFailure(error)) throw error;
    }
    const first = notify.executeWithOptions({ summary }, [mails]);
    try {
      await first;
      return;
    } catch (error) {
      if (!isStepFailure(error)) throw error;
    }
    if (!patched('mails-are-parked')) {
      this.#parking.mark();
      return;
    }
    await this.#parking.retryUntilDoneOrLeftOut({
      name: `notify ${summary}`,
      run: (round) => (round === 0 ? first : notify.executeWithOptions({ summary }, [mails])),
      pauses: PAUSE,
      patience: 1,
      inBackground: true,
    });
  }
}
