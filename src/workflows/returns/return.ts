import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  defineSignal,
  setHandler,
} from '@temporalio/workflow';
import type { MailKind } from '../../contracts/http/mail.ts';
import type { ReturnStatus } from '../../contracts/http/returns.ts';
import { CHANGED_SIGNAL } from '../../contracts/temporal/messages.ts';
import { REFUND_WORKFLOW, refundWorkflowId } from '../../contracts/temporal/names.ts';
import type { ReturnInput, ReturnResult, ReturnRun, ReturnWork } from '../../contracts/temporal/returns.ts';
import { growingFrom, pauseBefore, type Backoff } from '../../domain/backoff.ts';
import { Background } from '../lib/background.ts';
import { isHistoryLong } from '../lib/hand-over.ts';
import { CustomerNotifier } from '../lib/notifier.ts';
import { singleOutcome } from '../lib/single-outcome.ts';
import { type Operation, startOperation } from '../lib/start-operation.ts';
import { StepRunner } from '../lib/step-runner.ts';
import { REFUSED_BACKOFF } from '../lib/step.ts';
import { oneAtATime } from '../lib/turns.ts';
import {
  buyReturnLabel,
  closeReturn,
  placeExchangeOrder,
  readReturnWork,
  skipExchange,
  skipReturnLabel,
} from './activities.ts';

/** A refund that another run has started is looked at after this time, and every six hours at last; it may wait for an operator for weeks. */
const REFUND_POLL: Backoff = { firstMs: 600_000, maxMs: 600_000, later: growingFrom(6, 21_600_000) };
/** A return that waits for people is looked at each day, in case a signal was lost. Milliseconds. */
const IDLE_PAUSE_MS = 86_400_000;

const changedSignal = defineSignal(CHANGED_SIGNAL);

/**
 * A return of goods: buys its label, refunds what was received, places the order of an exchange, sends the mails, and closes the
 * return when nothing is left to do. PostgreSQL has the state: after each change the workflow reads from it what to do next, so that it
 * may begin anew at any time.
 */
export function returnGoods(input: ReturnRun): Promise<ReturnResult> {
  return CancellationScope.nonCancellable(() => new ReturnProcess(input).run());
}

class ReturnProcess {
  readonly #input: ReturnInput;
  readonly #steps: StepRunner;
  readonly #notifier: CustomerNotifier;
  /** A parked step must not stop the rest of the return. */
  readonly #background = new Background();
  /** Refunds that an earlier run of this workflow has started and this run does not wait for. */
  readonly #startedBefore = new Set<string>();
  readonly #mailed = new Set<MailKind>();
  #changes = 0;
  /** How often in sequence the return was looked at without a change. */
  #polls = 0;
  #work: ReturnWork | undefined;

  constructor({ parked, ...input }: ReturnRun) {
    this.#input = input;
    this.#steps = new StepRunner(input.orderId, parked, oneAtATime());
    // The name of a step says which return of the order it belongs to, also to PostgreSQL.
    this.#notifier = new CustomerNotifier(input.orderId, this.#steps, { partInName: true });
    setHandler(changedSignal, () => {
      this.#changes += 1;
    });
  }

  async run(): Promise<ReturnResult> {
    const { returnId } = this.#input;
    for (;;) {
      const changes = this.#changes;
      const { ended } = this.#background;
      const work = await this.#read();
      const isDone = await this.#doNext(work);
      await this.#steps.clearUnneeded();
      if (isDone) {
        await this.#notifier.done();
        await condition(allHandlersFinished);
        // A change that came during the last mails is looked at before the workflow ends.
        if (this.#changes === changes) return { returnId, status: work.status };
      } else {
        if (this.#mayContinueAsNew())
          await continueAsNew<typeof returnGoods>({ ...this.#input, parked: this.#steps.carried });
        await this.#untilChanged(work, changes, ended);
      }
      this.#background.throwFailure();
    }
  }

  async #read(): Promise<ReturnWork> {
    this.#work = singleOutcome(
      await this.#steps.retryUntilDone({
        name: 'readReturnWork',
        run: () => this.#steps.inTurn(() => readReturnWork([this.#input])),
      }),
    );
    return this.#work;
  }

  /** Returns whether nothing is left to do. */
  async #doNext(work: ReturnWork): Promise<boolean> {
    const isOpen = work.status === 'open';
    if (work.status === 'declined') this.#mail(work, 'return_declined');
    if (work.received) this.#mail(work, 'return_received');
    if (isOpen && work.label === 'wanted') this.#background.start('label', () => this.#buyLabel());
    if (isOpen && work.label === 'bought') this.#mail(work, 'return_label');
    const unsettled = work.refunds.filter(({ status }) => status !== 'settled');
    for (const refund of unsettled) this.#startRefund(refund);
    const isExchanging = work.exchange === 'wanted' && work.received && (work.complete || !isOpen);
    if (isExchanging) this.#background.start('exchange', () => this.#placeExchange());
    const isSettled = unsettled.length === 0 && !isExchanging && this.#background.isIdle;
    if (isOpen && work.complete && isSettled) await this.#close();
    return isOver(work.status) && isSettled;
  }

  /**
   * At most one mail of each kind for each return. The mail log leaves out what an earlier run has sent, and PostgreSQL knows what an
   * operator has skipped.
   */
  #mail({ number, skippedMails = [] }: ReturnWork, kind: MailKind): void {
    if (this.#mailed.has(kind) || skippedMails.includes(kind)) return;
    this.#mailed.add(kind);
    this.#notifier.send([kind], number);
  }

  async #buyLabel(): Promise<void> {
    const end = await this.#steps.retryUntilDoneOrSkipped({
      name: 'buyReturnLabel',
      inBackground: true,
      refusedBackoff: REFUSED_BACKOFF,
      // A return that is not open any more needs no label, and the activity buys none.
      pauseEndsWhen: () => () => this.#work?.status !== 'open',
      run: () => buyReturnLabel([this.#input]),
    });
    if ('done' in end) return;
    await this.#steps.retryUntilDone({
      name: 'skipReturnLabel',
      run: () => this.#steps.inTurn(() => skipReturnLabel([this.#input])),
    });
  }

  async #placeExchange(): Promise<void> {
    const end = await this.#steps.retryUntilDoneOrSkipped({
      name: 'placeExchangeOrder',
      inBackground: true,
      refusedBackoff: REFUSED_BACKOFF,
      run: () => placeExchangeOrder([this.#input]),
    });
    if ('done' in end) return;
    await this.#steps.retryUntilDone({
      name: 'skipExchange',
      run: () => this.#steps.inTurn(() => skipExchange([this.#input])),
    });
  }

  async #close(): Promise<void> {
    await this.#steps.retryUntilDone({
      name: 'closeReturn',
      run: () => this.#steps.inTurn(() => closeReturn([this.#input])),
    });
    // The next round sees that the return is closed.
    this.#changes += 1;
  }

  /** Refunds what a receipt has brought back, in a workflow of the refund's own, which waits for an operator if it has to. */
  #startRefund({ refundId, lines }: ReturnWork['refunds'][number]): void {
    if (this.#startedBefore.has(refundId)) return;
    const { orderId, returnId } = this.#input;
    const refund: Operation = {
      type: REFUND_WORKFLOW,
      workflowId: refundWorkflowId(refundId),
      command: { refundId, orderId, lines, kind: 'return', requestHash: returnId },
    };
    const run = async (): Promise<void> => {
      const started = await startOperation(refund);
      if (!started) {
        this.#startedBefore.add(refundId);
        return;
      }
      const result = await started.result();
      if (result.outcome === 'refused')
        throw ApplicationFailure.nonRetryable(`The refund was refused: ${result.code}`, 'RefundRefused');
    };
    this.#background.start(refundId, () =>
      this.#steps.retryUntilDone({
        name: `refund ${refundId}`,
        inBackground: true,
        refusedBackoff: REFUSED_BACKOFF,
        isRestartable: true,
        run,
      }),
    );
  }

  async #untilChanged({ refunds }: ReturnWork, changes: number, ended: number): Promise<void> {
    const isWaiting = refunds.some(
      ({ refundId, status }) => status !== 'settled' && this.#startedBefore.has(refundId),
    );
    const pauseMs = isWaiting ? pauseBefore(this.#polls, REFUND_POLL) : IDLE_PAUSE_MS;
    // A step that is retried for weeks must not fill the history while nothing else happens.
    const hasChanged = await condition(
      () => this.#changes > changes || this.#background.ended > ended || this.#mayContinueAsNew(),
      pauseMs,
    );
    this.#polls = isWaiting && !hasChanged ? this.#polls + 1 : 0;
    if (!hasChanged) this.#startedBefore.clear();
  }

  /** Parked steps do not prevent it: the next run takes them over, and finds the refunds that this run waits for. */
  #mayContinueAsNew(): boolean {
    return isHistoryLong() && allHandlersFinished() && this.#steps.isQuiet && this.#notifier.isQuiet;
  }
}

const isOver = (status: ReturnStatus): boolean =>
  status === 'declined' || status === 'cancelled' || status === 'closed';
