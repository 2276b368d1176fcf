import { randomUUID } from 'node:crypto';
import {
  CARRY_STEP,
  type Carrier,
  type IdleCursor,
  type OperationRun,
  type SweepLease,
} from '../../adapters/postgres/order-carriers.ts';
import type { Authorizations } from '../../adapters/postgres/authorizations.ts';
import type { OrderReader } from '../../adapters/postgres/order-reader.ts';
import { isConcern } from '../../contracts/payment-concerns.ts';
import { CONCERN_SETTLED_SIGNAL, type PaymentEventInput } from '../../contracts/temporal/messages.ts';
import type { PaymentReference } from '../../contracts/temporal/checkout.ts';
import type { EndedWorkflow } from '../../contracts/ports/ended-workflows.ts';
import type { OrderLedger } from '../../adapters/postgres/order-ledger.ts';
import {
  CANCELLATION_WORKFLOW,
  checkoutWorkflowId,
  cancellationWorkflowId,
  CAPTURE_WORKFLOW,
  captureWorkflowId,
  CHECKOUT_WORKFLOW,
  GROUP_WORKFLOW,
  REFUND_WORKFLOW,
  refundWorkflowId,
} from '../../contracts/temporal/names.ts';
import { outageProblem } from '../lib/outage.ts';
import { requestReconciliation } from '../temporal/request-reconciliation.ts';
import type { Operation, OperationClient } from '../temporal/operation-client.ts';
import { recoverCarrier, type Carriage, type RecoverOrderParts } from './recover-order.ts';

export interface SweepParts extends RecoverOrderParts {
  ledger: Pick<OrderLedger, 'parkStep' | 'resolveStep'>;
  operations: OperationClient;
  reader: Pick<OrderReader, 'parked'>;
  authorizations: Authorizations;
  /** Lists workflows of orders that were ended since a time. */
  listEnded(since: Date): AsyncIterable<EndedWorkflow[]>;
}

export interface SweepOptions {
  /** From the begin of one sweep to the begin of the next, whichever process does it. Default 30 s. Milliseconds. */
  intervalMs?: number;
  /** An order is looked at when nothing was recorded of it for so long. Default 20 s. Milliseconds. */
  idleMs?: number;
  /** An authorisation that ends so soon and is not captured needs attention. Default a day. Milliseconds. */
  captureWarningMs?: number;
  /** So long after its end the provider is asked for an authorisation that it has not said to be over. Default a minute. Milliseconds. */
  overdueMs?: number;
}

export interface SweepReport {
  /** Undecided orders whose carrier was looked at. */
  checked: number;
  /** Orders and operations that were started again, because their workflow was gone. */
  restarted: number;
  /** Orders that need an operator, and operations that could not be started. */
  failed: number;
}

export const SWEEP_INTERVAL_MS = 30_000;
const IDLE_MS = 20_000;
const CAPTURE_WARNING_MS = 86_400_000;
const OVERDUE_MS = 60_000;
/** With the interval less than two minutes, after which an order without a run needs attention. */
const LEASE_MS = 30_000;
/** Visibility shows a workflow some time after it has closed. */
const VISIBILITY_LAG_MS = 60_000;
/** An order that is decided now is looked at by the second sweep from now. */
const UNNOTIFIED_WINDOW_MS = 90_000;
const FIRST_SWEEP_MS = 3_600_000;
const PAGE_SIZE = 500;
const MAX_CONCURRENT = 20;
/** An order that had to be restarted so often within an hour needs an operator. */
const MAX_RESTARTS = 4;
/** From then on it is restarted no more often than this. */
const MANY_RESTARTS_INTERVAL_MS = 600_000;

/**
 * Finds every undecided order whose workflow is gone (terminated, failed, deleted, or never started) and restarts it, and every operation
 * that is begun and has no workflow. One process at a time does it, and the next one takes over if it dies. An order that cannot be
 * restarted, or whose workflow fails again and again, needs attention. So does one whose authorised money has to be captured soon; whether it
 * is still held when its time is over, the provider is asked. Returns `undefined` if the sweep is not due, or not up to this process.
 */
export async function sweepOrders(
  parts: SweepParts,
  {
    intervalMs = SWEEP_INTERVAL_MS,
    idleMs = IDLE_MS,
    captureWarningMs = CAPTURE_WARNING_MS,
    overdueMs = OVERDUE_MS,
  }: SweepOptions = {},
): Promise<SweepReport | undefined> {
  const lease = await parts.carriers.leaseSweep(randomUUID(), intervalMs, LEASE_MS);
  if (!lease) return undefined;
  const sweep = new Sweep(parts, lease, { idleMs, captureWarningMs, overdueMs });
  try {
    await sweep.run();
  } catch (error) {
    await lease.finish().catch(() => undefined); // the lease ends by itself
    throw error;
  }
  return sweep.report;
}

class Sweep {
  readonly report: SweepReport = { checked: 0, restarted: 0, failed: 0 };
  readonly #parts: SweepParts;
  readonly #lease: SweepLease;
  readonly #idleMs: number;
  readonly #captureWarningMs: number;
  readonly #overdueMs: number;

  constructor(
    parts: SweepParts,
    lease: SweepLease,
    { idleMs, captureWarningMs, overdueMs }: Required<Omit<SweepOptions, 'intervalMs'>>,
  ) {
    this.#parts = parts;
    this.#lease = lease;
    this.#idleMs = idleMs;
    this.#captureWarningMs = captureWarningMs;
    this.#overdueMs = overdueMs;
  }

  async run(): Promise<void> {
    const begunAt = new Date();
    await this.#sweepIdle();
    await this.#sweepPending();
    await this.#sweepUnnotified(begunAt);
    await this.#sweepAuthorizations(begunAt);
    const complete = await this.#sweepEnded(begunAt);
    await this.#sweepParked();
    await this.#sweepConcerns();
    await this.#lease.finish(complete ? begunAt : undefined);
  }

  /** Undecided orders in PostgreSQL, whatever has become of their workflows. */
  async #sweepIdle(): Promise<void> {
    let after: IdleCursor | undefined;
    do {
      const page = await this.#parts.carriers.idle(this.#idleMs, PAGE_SIZE, after);
      await this.#forEach(page, (carrier) => this.#check(carrier));
      this.report.checked += page.length;
      after = page.length === PAGE_SIZE ? page.at(-1) : undefined;
    } while (after);
  }

  /** Operations in PostgreSQL. */
  async #sweepPending(): Promise<void> {
    const { operations, carriers, logger } = this.#parts;
    const { refunds, captures, cancellations } = await carriers.pendingOperations(this.#idleMs, PAGE_SIZE);
    const pending: Operation[] = [
      ...refunds.map((input) => ({
        type: REFUND_WORKFLOW,
        workflowId: refundWorkflowId(input.refundId),
        input,
      })),
      ...captures.map((input) => ({
        type: CAPTURE_WORKFLOW,
        workflowId: captureWorkflowId(input.captureId),
        input,
      })),
      ...cancellations.map((input) => ({
        type: CANCELLATION_WORKFLOW,
        workflowId: cancellationWorkflowId(input.orderId),
        input,
      })),
    ].map((operation) => ({ ...operation, orderId: operation.input.orderId }));
    await this.#forEach(pending, async (operation) => {
      const { type, workflowId, orderId } = operation;
      if (await operations.isRunning(workflowId)) return;
      await carriers.clearParked({ orderId, workflowId });
      await operations.start(operation);
      this.report.restarted += 1;
      logger.warn(
        { orderId, workflowId, type },
        'the sweep has restarted an operation whose workflow was gone',
      );
    });
  }

  /** Decided orders whose workflow was gone before it had sent the mails of that. */
  async #sweepUnnotified(begunAt: Date): Promise<void> {
    const since = new Date(this.#since(begunAt) - UNNOTIFIED_WINDOW_MS);
    const found = await this.#parts.carriers.unnotified(since, this.#idleMs, PAGE_SIZE);
    await this.#forEach(found, async (carrier) => {
      const carriage = await recoverCarrier(this.#parts, carrier, { isUnnotified: true });
      if (carriage === 'restarted') this.report.restarted += 1;
    });
  }

  /** Authorisations that end soon, and those that are over without an event of the provider. */
  async #sweepAuthorizations(begunAt: Date): Promise<void> {
    const { authorizations, operations, logger } = this.#parts;
    while ((await authorizations.showEnding(this.#captureWarningMs, PAGE_SIZE)) === PAGE_SIZE)
      await this.#extendLease();
    const since = new Date(this.#since(begunAt));
    let overdue: PaymentReference[];
    let after: string | undefined;
    do {
      overdue = await authorizations.overdue(since, this.#overdueMs, PAGE_SIZE, after);
      await this.#forEach(overdue, async (payment) => {
        await requestReconciliation(operations, payment);
        logger.info(payment, 'the sweep asks the payment provider for an authorisation whose time is over');
      });
      after = overdue.at(-1)?.orderId;
    } while (overdue.length === PAGE_SIZE);
  }

  /** Unix milliseconds. */
  #since(begunAt: Date): number {
    const { closedUntil } = this.#lease;
    return closedUntil ? closedUntil.getTime() - VISIBILITY_LAG_MS : begunAt.getTime() - FIRST_SWEEP_MS;
  }

  /** Workflows that were ended: of orders that PostgreSQL does not have yet, and of operations that leave no open row in it. */
  async #sweepEnded(begunAt: Date): Promise<boolean> {
    const since = this.#since(begunAt);
    const failedBefore = this.report.failed;
    for await (const page of this.#parts.listEnded(new Date(since))) {
      const carriers = await this.#parts.carriers.find([
        ...new Set(page.flatMap(({ orderIds }) => orderIds)),
      ]);
      const byOrder = new Map(carriers.map((carrier) => [carrier.orderId, carrier]));
      await this.#forEach(page, async (ended) => {
        const known = ended.orderIds.flatMap((orderId) => byOrder.get(orderId) ?? []);
        if (ended.type !== CHECKOUT_WORKFLOW && ended.type !== GROUP_WORKFLOW) {
          for (const { orderId } of known) await this.#restartOperation(ended, orderId);
          return;
        }
        for (const carrier of known)
          if (carrier.state !== 'decided') await this.#check(carrier, ended.workflowId);
      });
    }
    return this.report.failed === failedBefore;
  }

  async #restartOperation({ type, workflowId, runId }: EndedWorkflow, orderId: string): Promise<void> {
    const { operations, carriers, reader, logger } = this.#parts;
    const last = await operations.lastRun(workflowId);
    if (last?.runId !== runId || last.state === 'running') return;
    await carriers.clearParked({ orderId, workflowId });
    const left = (await reader.parked(orderId)).filter(
      (parked) => parked.workflowId === workflowId && isConcern(parked.step),
    );
    if (!(await operations.restart({ type, workflowId, runId, orderId }, left))) return;
    this.report.restarted += 1;
    logger.warn({ orderId, workflowId, type }, 'the sweep has restarted an operation that was ended');
  }

  /** Operations with parked steps whose workflow is gone and was not among those that were ended since the last sweep. */
  async #sweepParked(): Promise<void> {
    const { carriers, operations } = this.#parts;
    let page: OperationRun[];
    let after: OperationRun | undefined;
    do {
      page = await carriers.parkedOperations(this.#idleMs, PAGE_SIZE, after);
      await this.#forEach(page, async ({ orderId, workflowId }) => {
        const last = await operations.lastRun(workflowId);
        if (last?.state === 'running') return;
        if (last?.state === 'ended')
          await this.#restartOperation({ ...last, workflowId, orderIds: [orderId] }, orderId);
        // What the lost run had to do, another run has done.
        else await carriers.clearParked({ orderId, workflowId });
      });
      after = page.at(-1);
    } while (page.length === PAGE_SIZE);
  }

  /** Ends what operators were told of a payment where an operation has done away with the cause. */
  async #sweepConcerns(): Promise<void> {
    const { carriers, operations, ledger } = this.#parts;
    const settled = await carriers.settledConcerns(PAGE_SIZE);
    await this.#forEach(settled, async ({ orderId, workflowId, step, paymentIntentId }) => {
      const input: PaymentEventInput = { paymentIntentId };
      await operations.signalRunning(workflowId, CONCERN_SETTLED_SIGNAL, input);
      // No run may know of the step. One that does finds that its attention has ended.
      await ledger.resolveStep([{ orderId, workflowId, step, action: 'success' }]);
    });
  }

  async #check(carrier: Carrier, alsoIn?: string): Promise<void> {
    const { ageMs, restarts, isParked } = carrier;
    let carriage: Carriage;
    try {
      carriage = await recoverCarrier(this.#parts, carrier, {
        ...(alsoIn !== undefined && { alsoIn }),
        onlyLooks: restarts >= MAX_RESTARTS && ageMs < MANY_RESTARTS_INTERVAL_MS,
      });
    } catch (error) {
      if (outageProblem(error)) throw error;
      await this.#raiseAttention(carrier, 'The workflow of the order is gone, and no other could be started');
      throw error;
    }
    if (carriage === 'restarted') this.report.restarted += 1;
    if (carriage === 'failing' || carriage === 'lost') {
      this.report.failed += 1;
      await this.#raiseAttention(
        carrier,
        carriage === 'failing'
          ? 'The code of the workflow fails again and again'
          : `The workflow of the order was gone ${restarts} times within an hour, and is gone again`,
      );
    } else if (carriage === 'carried' && isParked) {
      const { orderId, epoch } = carrier;
      const step = { orderId, epoch, workflowId: checkoutWorkflowId(orderId), step: CARRY_STEP };
      await this.#parts.ledger.resolveStep([{ ...step, action: 'success' }]);
    }
  }

  async #raiseAttention(carrier: Carrier, reason: string): Promise<void> {
    const { orderId, epoch, restarts, isParked } = carrier;
    if (isParked) return;
    this.#parts.logger.error(
      { orderId, epoch, reason },
      'an order needs attention: no workflow carries it on',
    );
    await this.#parts.ledger.parkStep([
      {
        orderId,
        epoch,
        workflowId: checkoutWorkflowId(orderId),
        step: CARRY_STEP,
        reason: `CarrierLost: ${reason}`,
        attempts: restarts,
        actions: ['retry'],
      },
    ]);
  }

  /** A failure concerns one order: the others are swept. While PostgreSQL or Temporal is away, the sweep ends. */
  async #forEach<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
    for (let from = 0; from < items.length; from += MAX_CONCURRENT) {
      await Promise.all(
        items.slice(from, from + MAX_CONCURRENT).map((item) => this.#attempt(() => run(item))),
      );
      await this.#extendLease();
    }
  }

  async #extendLease(): Promise<void> {
    if (!(await this.#lease.extend())) throw new Error('Another process has the lease of the sweep now');
  }

  async #attempt(run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      if (outageProblem(error)) throw error;
      this.report.failed += 1;
      this.#parts.logger.error(
        { cause: error instanceof Error ? error.message : typeof error },
        'the sweep could not recover an order; it tries again',
      );
    }
  }
}
