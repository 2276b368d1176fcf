import { setTimeout as delay } from 'node:timers/promises';
import type { OrderReader, ParkedStepView } from '../adapters/postgres/order-reader.ts';
import {
  CHANGED_MEANWHILE,
  requesterActor,
  type BatchItemResult,
  type BatchTurn,
} from '../contracts/batches.ts';
import { Problem } from '../contracts/errors.ts';
import { cancellationWorkflowId, operationWorkflowId } from '../contracts/temporal/names.ts';
import { outageProblem } from '../orders/lib/outage.ts';
import { operationId } from '../orders/order-id.ts';
import type { OrderService } from '../orders/order-service.ts';
import { operationKeyOf } from './batch-id.ts';

export interface BatchTurnParts {
  orders: Pick<OrderService, 'cancel' | 'capture' | 'find' | 'refund' | 'resolveAttention' | 'review'>;
  reader: Pick<OrderReader, 'operation' | 'parked'>;
  /** How long the result of an operation is waited for; default 30,000. Milliseconds. */
  resultLimitMs?: number;
  /** Between the attempts to reach Temporal or PostgreSQL; default 2,000. Milliseconds. */
  outagePauseMs?: number;
}

const MAX_ATTEMPTS = 4;
const POLL_INTERVAL_MS = 200;
/** A step may have failed once more just before it was taken up again. Milliseconds. */
const SECOND_LOOK_MS = 1_000;
const MAX_DETAIL_LENGTH = 300;
const MAIL_ADDRESS = /[^\s<>"]+@[^\s<>"]+/g;

/**
 * Runs the action of a batch on one order, by the operation that the API has for it, and waits for what becomes of it. Never rejects. Safe to
 * run twice: the operation has a key of the batch and the order.
 */
export async function runBatchTurn(parts: BatchTurnParts, turn: BatchTurn): Promise<BatchItemResult> {
  const { outagePauseMs = 2_000 } = parts;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await act(parts, turn);
    } catch (error) {
      const problem = error instanceof Problem ? error : outageProblem(error);
      if (problem?.code === 'unavailable' && attempt < MAX_ATTEMPTS) {
        await delay(outagePauseMs);
        continue;
      }
      if (!problem) return failed('internal', error instanceof Error ? error.constructor.name : typeof error);
      if (CHANGED_MEANWHILE.has(problem.code)) return { outcome: 'left_out', reason: problem.code };
      return failed(problem.code, problem.message);
    }
  }
}

/** What every operation of a batch is made with: for whom it is, who asks for it, why, and its key. */
const operationOf = ({ batchId, orderId, clientId, note, startedBy }: BatchTurn) => ({
  command: { clientId, orderId, actor: { ...requesterActor(startedBy), batchId } },
  key: operationKeyOf(batchId, orderId),
  note,
});

async function act(parts: BatchTurnParts, turn: BatchTurn): Promise<BatchItemResult> {
  const { orders } = parts;
  const { command, key, note } = operationOf(turn);
  const { action, step, workflowId } = turn;
  switch (action) {
    case 'retry':
    case 'skip':
    case 'resolve':
      await orders.resolveAttention({
        ...command,
        action,
        key,
        note,
        ...(step !== undefined && { step }),
        ...(workflowId !== undefined && { workflowId }),
      });
      return awaitStep(parts, turn);
    case 'approve':
    case 'reject':
      await orders.review({ ...command, decision: action, note });
      return DONE;
    case 'cancel': {
      const { cancelled } = await orders.cancel({ ...command, reason: note });
      return cancelled ? DONE : awaitCancellation(parts, turn);
    }
    case 'refund': {
      const { refund, settled } = await orders.refund({ ...command, key, request: { reason: note } });
      if (!settled) return awaitOperation(parts, turn, operationId(turn.orderId, 'refund', key));
      return refund.status === 'skipped' ? failed('skipped', 'An operator has skipped the refund.') : DONE;
    }
    case 'capture': {
      const { settled } = await orders.capture({ ...command, key, request: {} });
      return settled ? DONE : awaitOperation(parts, turn, operationId(turn.orderId, 'capture', key));
    }
  }
}

/** A step that was retried is parked until it has succeeded; `attempts` says that it has failed again. */
const awaitStep = (parts: BatchTurnParts, turn: BatchTurn): Promise<BatchItemResult> =>
  poll(parts, async () => {
    const find = async (): Promise<ParkedStepView | undefined> =>
      (await parts.reader.parked(turn.orderId)).find(
        (each) => each.workflowId === turn.workflowId && each.step === turn.step,
      );
    const parked = await find();
    if (!parked) return DONE;
    if (parked.attempts <= (turn.attempts ?? 0)) return undefined;
    await delay(SECOND_LOOK_MS);
    const again = await find();
    return again ? parkedAgain(again) : DONE;
  });

const awaitCancellation = (
  parts: BatchTurnParts,
  { orderId, clientId }: BatchTurn,
): Promise<BatchItemResult> =>
  poll(parts, async () => {
    const { status } = await parts.orders.find(clientId, orderId);
    if (status === 'cancelled') return DONE;
    return (await parkedBy(parts, orderId, cancellationWorkflowId(orderId))) ?? undefined;
  });

const awaitOperation = (
  parts: BatchTurnParts,
  { orderId }: BatchTurn,
  id: string,
): Promise<BatchItemResult> =>
  poll(parts, async () => {
    const operation = await parts.reader.operation(id);
    if (operation?.status === 'skipped') return failed('skipped', 'An operator has skipped the operation.');
    if (operation && operation.status !== 'pending') return DONE;
    return parkedBy(parts, orderId, operationWorkflowId(id));
  });

async function parkedBy(
  { reader }: BatchTurnParts,
  orderId: string,
  workflowId: string,
): Promise<BatchItemResult | undefined> {
  const parked = (await reader.parked(orderId)).find((each) => each.workflowId === workflowId);
  return parked && parkedAgain(parked);
}

/** Returns what `look` returns, or that there is no result in time: the operation goes on then. */
async function poll(
  { resultLimitMs = 30_000 }: BatchTurnParts,
  look: () => Promise<BatchItemResult | undefined>,
): Promise<BatchItemResult> {
  const deadline = performance.now() + resultLimitMs;
  for (;;) {
    const result = await look();
    if (result) return result;
    if (performance.now() > deadline)
      return failed(
        'no_result_in_time',
        `No result after ${resultLimitMs / 1_000} s. The operation goes on.`,
      );
    await delay(POLL_INTERVAL_MS);
  }
}

const DONE: BatchItemResult = { outcome: 'done' };

const parkedAgain = ({ reason, step }: ParkedStepView): BatchItemResult =>
  failed(/^[A-Z][A-Za-z]+(?=[:,\s]|$)/.exec(reason)?.[0] ?? 'parked', `${step}: ${reason}`);

/** A mail server may quote the address of the customer. */
const failed = (reason: string, detail: string): BatchItemResult => ({
  outcome: 'failed',
  reason,
  detail: detail.replaceAll(MAIL_ADDRESS, '•••').slice(0, MAX_DETAIL_LENGTH),
});
