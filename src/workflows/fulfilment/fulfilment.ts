import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  defineSignal,
  setHandler,
} from '@temporalio/workflow';
import type {
  FulfilmentInput,
  FulfilmentPlan,
  FulfilmentResult,
  FulfilmentRun,
  TrackingProblem,
} from '../../contracts/temporal/fulfilment.ts';
import { CHANGED_SIGNAL } from '../../contracts/temporal/messages.ts';
import {
  CAPTURE_WORKFLOW,
  captureWorkflowId,
  REFUND_WORKFLOW,
  refundWorkflowId,
} from '../../contracts/temporal/names.ts';
import { growingFrom, pauseBefore, type Backoff } from '../../domain/backoff.ts';
import { Background } from '../lib/background.ts';
import { isHistoryLong } from '../lib/hand-over.ts';
import { CustomerNotifier } from '../lib/notifier.ts';
import { singleOutcome } from '../lib/single-outcome.ts';
import { type Operation, startOperation } from '../lib/start-operation.ts';
import { StepRunner } from '../lib/step-runner.ts';
import { REFUSED_BACKOFF } from '../lib/step.ts';
import { oneAtATime } from '../lib/turns.ts';
import { allocateStock, buyLabel, planFulfilment, refundLabel, trackShipments } from './activities.ts';

const changedSignal = defineSignal(CHANGED_SIGNAL);

/** Only an operator or a change of the order ends the pause. */
const TEN_YEARS_MS = 315_360_000_000;
const UNTIL_SOMETHING_CHANGES: Backoff = { firstMs: TEN_YEARS_MS, maxMs: TEN_YEARS_MS };
/** Not every change of the stock sends a signal: while pieces are missing, the plan is made anew this often, each hour at last. */
const SHORT_POLL: Backoff = { firstMs: 600_000, maxMs: 600_000, later: growingFrom(6, 3_600_000) };
/** Captures and refunds send no signal when they are recorded: while an order that is closed waits for that, the plan is made anew this often. */
const OPERATION_POLL: Backoff = { firstMs: 10_000, maxMs: 10_000, later: growingFrom(6) };
/** The loop never runs faster than this by itself: the clocks of PostgreSQL and Temporal differ. */
const MIN_WAIT_MS = 1_000;
/** What is due already is being done, and its end wakes the loop: the plan is made anew this often, for what falls due meanwhile. */
const OVERDUE_POLL: Backoff = { firstMs: 600_000, maxMs: 600_000, later: growingFrom(6, 21_600_000) };

/**
 * Ships a paid order, from the allocation to the end of the return window. The loop reads from PostgreSQL what has to be done next,
 * starts it, and waits: for the end of what it has started, for a change of the order, or for the time when something is due. What others
 * do with the order (an operator, the warehouse, the carrier's webhook) changes PostgreSQL and then signals `changed`.
 */
export function fulfilment(input: FulfilmentRun): Promise<FulfilmentResult> {
  // A cancellation of the workflow does not stop it between a label and its record.
  return CancellationScope.nonCancellable(() => new Fulfilment(input).run());
}

class Fulfilment {
  readonly #order: FulfilmentInput;
  readonly #steps: StepRunner;
  readonly #notifier: CustomerNotifier;
  readonly #background = new Background();
  /** What was started in this run and PostgreSQL may not show yet. */
  readonly #started = new Set<string>();
  #changes = 0;
  /** How often in sequence the plan was made anew without a change. */
  #polls = 0;
  #plan: FulfilmentPlan | undefined;

  constructor({ orderId, parked }: FulfilmentRun) {
    this.#order = { orderId };
    this.#steps = new StepRunner(orderId, parked, oneAtATime());
    this.#notifier = new CustomerNotifier(orderId, this.#steps, { partInName: true });
    setHandler(changedSignal, () => {
      this.#changes += 1;
    });
  }

  async run(): Promise<FulfilmentResult> {
    const { orderId } = this.#order;
    for (;;) {
      const changes = this.#changes;
      const ended = this.#background.ended;
      const mailed = this.#notifier.ended;
      const plan = await this.#readPlan();
      if (plan.done && this.#background.isIdle) {
        await this.#steps.clearUnneeded();
        await this.#notifier.done();
        await condition(allHandlersFinished);
        // A change that came during the last mails is planned before the workflow ends.
        if (this.#changes === changes) return { orderId, ...(plan.status && { status: plan.status }) };
        continue;
      }
      await this.#start(plan);
      await this.#steps.clearUnneeded();
      if (this.#mayContinueAsNew())
        await continueAsNew<typeof fulfilment>({ ...this.#order, parked: this.#steps.carried });
      await this.#waitForChange(plan, { changes, ended, mailed });
      this.#background.throwFailure();
    }
  }

  async #readPlan(): Promise<FulfilmentPlan> {
    this.#plan = await this.#steps.retryUntilDone({
      name: 'planFulfilment',
      run: async () => singleOutcome(await this.#steps.inTurn(() => planFulfilment([this.#order]))),
    });
    return this.#plan;
  }

  /** Starts everything that is due and not in progress. */
  async #start(plan: FulfilmentPlan): Promise<void> {
    const orders = [this.#order];
    if (plan.buyLabels) this.#startStep('buyLabel', () => buyLabel(orders));
    if (plan.refundLabels) this.#startStep('refundLabel', () => refundLabel(orders));
    if (plan.track) this.#startStep('trackShipments', () => trackShipments(orders));
    if (plan.short.length > 0) this.#background.start('allocateStock', () => this.#waitForStock());
    for (const problem of plan.attention) {
      const name = stepOfProblem(problem);
      this.#background.start(name, () => this.#waitForParcel(name));
    }

    for (const { kind, part } of plan.mails)
      this.#once(`${kind} ${part}`, () => {
        this.#notifier.send([kind], part);
      });
    for (const operation of operationsOf(plan)) await this.#startOperation(operation);
  }

  /** A step that is retried until it is done. A change since its round has begun, such as a corrected address, ends the pause after it. */
  #startStep(name: string, run: () => Promise<void>): void {
    let seen = 0;
    this.#background.start(name, () =>
      this.#steps.retryUntilDone({
        name,
        inBackground: true,
        refusedBackoff: REFUSED_BACKOFF,
        pauseEndsWhen: () => () => this.#changes > seen,
        run: () => {
          seen = this.#changes;
          return run();
        },
      }),
    );
  }

  /** Parks the order while pieces of it are missing. `retry` takes them from another location that has them. */
  #waitForStock(): Promise<void> {
    return this.#steps.retryUntilDone({
      name: 'allocateStock',
      inBackground: true,
      roundsBeforeParking: 1,
      backoff: UNTIL_SOMETHING_CHANGES,
      pauseEndsWhen: () => () => this.#plan?.short.length === 0,
      run: async (round) => {
        if (round > 0 && this.#plan?.short.length !== 0) {
          await this.#steps.inTurn(() => allocateStock([this.#order]));
          await this.#readPlan();
        }
        const [missing] = this.#plan?.short ?? [];
        if (missing)
          throw ApplicationFailure.nonRetryable(
            `${missing.quantity} of ${missing.sku} are missing at location ${missing.location}`,
            'StockShort',
          );
      },
    });
  }

  /** Parks the order while the carrier reports a problem with a parcel, until an operator has decided or the parcel goes on. */
  async #waitForParcel(name: string): Promise<void> {
    const problem = (): TrackingProblem | undefined =>
      this.#plan?.attention.find((each) => stepOfProblem(each) === name);
    await this.#steps.retryUntilDoneOrSkipped({
      name,
      inBackground: true,
      roundsBeforeParking: 1,
      backoff: UNTIL_SOMETHING_CHANGES,
      pauseEndsWhen: () => () => problem() === undefined,
      run: () => {
        const found = problem();
        if (found === undefined) return Promise.resolve();
        throw ApplicationFailure.nonRetryable(textOfProblem(found), 'ParcelProblem');
      },
    });
  }

  #once(key: string, start: () => void): void {
    if (this.#started.has(key)) return;
    this.#started.add(key);
    start();
  }

  /** Starts an operation that goes on by itself. One that is refused is tried again, and an operator sees it. */
  async #startOperation(operation: Operation): Promise<void> {
    const { workflowId } = operation;
    if (this.#started.has(workflowId)) return;
    this.#started.add(workflowId);
    const retry = (refusal?: Error): void => {
      this.#background.start(workflowId, () => this.#retryOperation(operation, refusal));
    };
    // An earlier run has parked it.
    if (this.#steps.isParked(stepOf(operation))) {
      retry();
      return;
    }
    const started = await startOperation(operation);
    void started?.result().then(
      (result) => {
        if (result.outcome === 'refused') retry(refusalOf(operation, result.code));
      },
      // The operation was terminated.
      (error: unknown) => {
        retry(error instanceof Error ? error : undefined);
      },
    );
  }

  /** @param refusal why the operation was refused just now */
  #retryOperation(operation: Operation, refusal?: Error): Promise<void> {
    const isPlanned = (): boolean =>
      this.#plan !== undefined &&
      operationsOf(this.#plan).some(({ workflowId }) => workflowId === operation.workflowId);
    return this.#steps.retryUntilDone({
      name: stepOf(operation),
      inBackground: true,
      isRestartable: true,
      roundsBeforeParking: 1,
      refusedBackoff: REFUSED_BACKOFF,
      pauseEndsWhen: () => () => !isPlanned(),
      run: async (round) => {
        await this.#readPlan();
        if (!isPlanned()) return;
        if (round === 0 && refusal !== undefined) throw refusal;
        const result = await (await startOperation(operation))?.result();
        if (result?.outcome === 'refused') throw refusalOf(operation, result.code);
      },
    });
  }

  async #waitForChange(
    { status, nextInMs, short, mails, capture, refunds }: FulfilmentPlan,
    { changes, ended, mailed }: Record<'changes' | 'ended' | 'mailed', number>,
  ): Promise<void> {
    const awaitsOperation = status === 'closed' && (capture !== undefined || refunds.length > 0);
    const poll = awaitsOperation ? OPERATION_POLL : short.length > 0 ? SHORT_POLL : undefined;
    const pollMs = poll && pauseBefore(this.#polls, poll);
    // The order may have ended before its last mail was sent: then nothing else wakes the workflow, which has to end, too.
    const awaitsMails = mails.length > 0 && nextInMs === undefined;
    // A step that is retried for weeks must not fill the history while nothing else happens.
    const hasChanged = () =>
      this.#changes > changes ||
      this.#background.ended > ended ||
      (awaitsMails && this.#notifier.ended > mailed) ||
      this.#mayContinueAsNew();
    const isOverdue = nextInMs !== undefined && nextInMs <= 0 && !this.#background.isIdle;
    const dueMs = isOverdue ? pauseBefore(this.#polls, OVERDUE_POLL) : nextInMs;
    const waitMs = Math.min(dueMs ?? TEN_YEARS_MS, pollMs ?? TEN_YEARS_MS);
    if (waitMs === TEN_YEARS_MS) await condition(hasChanged);
    else {
      const isPoll = isOverdue || waitMs === pollMs;
      const wasChanged = await condition(hasChanged, Math.max(waitMs, MIN_WAIT_MS));
      this.#polls = isPoll && !wasChanged ? this.#polls + 1 : 0;
    }
  }

  /**
   * Nothing is lost then: the state is in PostgreSQL, and the next run takes over the parked steps. A request to the carrier that is in
   * progress would be lost.
   */
  #mayContinueAsNew(): boolean {
    return isHistoryLong() && allHandlersFinished() && this.#steps.isQuiet && this.#notifier.isQuiet;
  }
}

const stepOfProblem = ({ number, step = `trackShipment ${number}` }: TrackingProblem): string => step;

function textOfProblem({ number, reason, cancelled }: TrackingProblem): string {
  const which = cancelled ? `shipment ${number}, which is cancelled` : `shipment ${number}`;
  return reason === 'silent'
    ? `The carrier has reported nothing new of ${which} for three months`
    : `The carrier reports ${reason} for ${which}`;
}

/** The captures and refunds of a plan. */
function operationsOf({ orderId, capture, refunds }: FulfilmentPlan): Operation[] {
  const captures = capture ? [{ orderId, requestHash: '', ...capture }] : [];
  return [
    ...captures.map((command): Operation => ({
      type: CAPTURE_WORKFLOW,
      workflowId: captureWorkflowId(command.captureId),
      command,
    })),
    ...refunds.map(({ refundId, lines }): Operation => ({
      type: REFUND_WORKFLOW,
      workflowId: refundWorkflowId(refundId),
      command: { refundId, orderId, lines, kind: 'lost', reason: 'lost', requestHash: '' },
    })),
  ];
}

const stepOf = ({ type, command }: Operation): string =>
  `${type} ${'captureId' in command ? command.captureId : command.refundId}`;

const refusalOf = ({ type }: Operation, code: string): ApplicationFailure =>
  type === CAPTURE_WORKFLOW
    ? ApplicationFailure.nonRetryable(`The capture was refused: ${code}`, 'CaptureRefused')
    : ApplicationFailure.nonRetryable(`The refund was refused: ${code}`, 'RefundRefused');
