import { setTimeout as delay } from 'node:timers/promises';
import {
  ApplicationFailure,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  type Client,
} from '@temporalio/client';
import type { OrderLedger } from '../adapters/postgres/order-ledger.ts';
import type { OrderReader, ParkedStepView } from '../adapters/postgres/order-reader.ts';
import { RESPOND_TO_DISPUTE } from '../contracts/dispute-states.ts';
import { CAPTURE_AUTHORIZATION } from '../adapters/postgres/authorizations.ts';
import { CARRY_STEP, type OrderCarriers } from '../adapters/postgres/order-carriers.ts';
import { giverOf, type GivenBy } from '../contracts/actor.ts';
import { isConcern } from '../contracts/payment-concerns.ts';
import { Problem } from '../contracts/errors.ts';
import type { AttentionRequest, OrderView } from '../contracts/http/order.ts';
import {
  ACTION_NOT_POSSIBLE_FAILURE,
  NOT_PARKED_FAILURE,
  RESOLVE_STEP_UPDATE,
  type ResolveStepInput,
} from '../contracts/temporal/messages.ts';
import { kindOfWorkflow } from '../contracts/temporal/names.ts';
import { findOrder, type FindOrderParts } from './find-order.ts';
import { unavailable } from './lib/outage.ts';
import type { DisputesClient } from './temporal/disputes-client.ts';
import type { OperationClient } from './temporal/operation-client.ts';
import type { OrderRecovery } from './recovery/recover-order.ts';
import { requestReconciliation } from './temporal/request-reconciliation.ts';

export interface ResolveAttentionCommand extends AttentionRequest, GivenBy {
  clientId: string;
  orderId: string;
  /** The idempotency key. Absent: the same action before the next round of the step has failed is a repeat. */
  key?: string;
  /** Only the step that this workflow has parked. Absent: the oldest. */
  workflowId?: string;
}

export interface ResolveAttentionParts extends FindOrderParts {
  client: Client;
  disputes: DisputesClient;
  carriers: Pick<OrderCarriers, 'clearParked'>;
  ledger: Pick<OrderLedger, 'resolveStep'>;
  operations: OperationClient;
  reader: OrderReader;
  recovery: OrderRecovery;
  operationLimitMs: number;
}

/** After the action, the step is polled for this long, so that the answer nearly always shows the result. Milliseconds. */
const RESULT_WAIT_MS = 5_000;
const POLL_INTERVAL_MS = 100;

/**
 * Resolves a parked step as an operator has decided: the workflow tries it again at once, or goes on without it. Safe to run
 * twice: the repeat of an action returns the order as the action did.
 *
 * @throws {Problem} `order_not_found`, `no_attention_needed`; `action_not_possible` with the `actions` that are possible;
 *   `unavailable` when no worker has accepted the action
 */
export async function resolveAttention(
  parts: ResolveAttentionParts,
  command: ResolveAttentionCommand,
): Promise<OrderView> {
  const { clientId, orderId, step, workflowId } = command;
  await findOrder(parts, clientId, orderId);
  const deadline = Date.now() + parts.operationLimitMs;
  let parked: ParkedStepView | undefined;
  do {
    if (parked) await delay(POLL_INTERVAL_MS);
    if (parked && Date.now() > deadline) {
      // The run that has told of the payment is gone, and the one that is open does not know of it.
      if (!isConcern(parked.step)) throw unavailable('No worker accepted the action in time.');
      await recordWithoutWorkflow(parts, parked, command);
      return findOrder(parts, clientId, orderId);
    }
    parked = await findParked(parts.reader, orderId, step, workflowId);
    if (!parked) return alreadyResolved(parts, command);
    if (!parked.actions.includes(command.action)) throw notPossible(parked);
    // No workflow waits for this action: the order gets a new one.
    if (parked.step === CARRY_STEP) {
      const { note } = command;
      await parts.recovery.recover(orderId, {
        forcedBy: { actor: giverOf(command), ...(note !== undefined && { note }) },
      });
      return findOrder(parts, clientId, orderId);
    }
    // After the crash of a worker, the workflow may be behind PostgreSQL for a moment.
  } while (!(await sendAction(parts, parked, command, deadline)));

  const until = Date.now() + RESULT_WAIT_MS;
  while (Date.now() < until && (await isStillParked(parts.reader, orderId, parked)))
    await delay(POLL_INTERVAL_MS);
  return findOrder(parts, clientId, orderId);
}

/**
 * Returns false if the workflow has not parked the step, or was started again. For a dispute and an authorisation no workflow waits: to retry is to
 * ask the provider again.
 */
async function sendAction(
  parts: ResolveAttentionParts,
  parked: ParkedStepView,
  command: ResolveAttentionCommand,
  deadline: number,
): Promise<boolean> {
  const { client, disputes, operations, reader } = parts;
  const { orderId, action, note, key } = command;
  const actor = giverOf(command);
  if (parked.step === RESPOND_TO_DISPUTE) {
    const paymentIntentId = parked.workflowId.slice(parked.workflowId.lastIndexOf('/') + 1);
    await client.withDeadline(deadline, () =>
      disputes.changed(
        { orderId, paymentIntentId },
        { retry: { actor, ...(note !== undefined && { note }) } },
      ),
    );
    return true;
  }
  if (parked.step === CAPTURE_AUTHORIZATION) {
    const paymentIntentId = (await reader.find(orderId))?.view.payment.paymentIntentId;
    if (paymentIntentId !== undefined)
      await client.withDeadline(deadline, () =>
        requestReconciliation(operations, { orderId, paymentIntentId }),
      );
    return true;
  }
  const { step, since, attempts } = parked;
  const request = key ?? `${since}/${attempts}`;
  const input: ResolveStepInput = { step: parked.step, action, actor, ...(note !== undefined && { note }) };
  try {
    await client.withDeadline(deadline, () =>
      client.workflow
        .getHandle(parked.workflowId)
        .executeUpdate<string, [ResolveStepInput]>(RESOLVE_STEP_UPDATE, {
          args: [input],
          updateId: `${action}/${step}/${request}`,
        }),
    );
    return true;
  } catch (error) {
    if (failureType(error) === ACTION_NOT_POSSIBLE_FAILURE) throw notPossible(parked);
    if (failureType(error) === NOT_PARKED_FAILURE) return false;
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    return takeOver(parts, parked, command);
  }
}

/**
 * The workflow that has parked the step is gone. A new run of it, which waits at the step, takes the action next. Where another run has done
 * its work, or Temporal has deleted it, the attention ends, and only where the operator was told of something this is by the action: returns
 * whether it is.
 */
async function takeOver(
  parts: ResolveAttentionParts,
  parked: ParkedStepView,
  command: ResolveAttentionCommand,
): Promise<boolean> {
  const { workflowId } = parked;
  const { orderId } = command;
  // The order has other ways to a new run of its own checkout.
  if (kindOfWorkflow(workflowId) === 'checkout') return false;
  const last = await parts.operations.lastRun(workflowId);
  if (last?.state === 'running') return false;
  if (last?.state === 'ended') {
    const left = (await parts.reader.parked(orderId)).filter((each) => each.workflowId === workflowId);
    await parts.operations.restart({ ...last, workflowId, orderId }, left);
    return false;
  }
  if (!isConcern(parked.step)) {
    await parts.carriers.clearParked({ orderId, workflowId });
    return false;
  }
  await recordWithoutWorkflow(parts, parked, command);
  return true;
}

async function recordWithoutWorkflow(
  { ledger }: ResolveAttentionParts,
  { workflowId, step }: ParkedStepView,
  command: ResolveAttentionCommand,
): Promise<void> {
  const { orderId, action, note, key } = command;
  const resolved = { orderId, workflowId, step, actor: giverOf(command) };
  await ledger.resolveStep([
    {
      ...resolved,
      action,
      ...(note !== undefined && { note }),
      ...(key !== undefined && { actionId: key }),
    },
  ]);
  if (action === 'retry') await ledger.resolveStep([{ ...resolved, action: 'success' }]);
}

async function findParked(
  reader: OrderReader,
  orderId: string,
  step: string | undefined,
  workflowId: string | undefined,
): Promise<ParkedStepView | undefined> {
  const parked = await reader.parked(orderId);
  return parked.find(
    (each) =>
      (step === undefined || each.step === step) &&
      (workflowId === undefined || each.workflowId === workflowId),
  );
}

async function isStillParked(
  reader: OrderReader,
  orderId: string,
  { workflowId, step }: ParkedStepView,
): Promise<boolean> {
  const parked = await reader.parked(orderId);
  return parked.some((each) => each.workflowId === workflowId && each.step === step);
}

/** A repeat finds no parked step. It succeeds if the last action among the order's events is the same one. */
async function alreadyResolved(
  parts: ResolveAttentionParts,
  { clientId, orderId, action, note, step }: ResolveAttentionCommand,
): Promise<OrderView> {
  const order = await findOrder(parts, clientId, orderId);
  const events = await parts.reader.events(orderId);
  const actions = events.filter(({ type }) => type.includes('.attention_') && !type.includes('_cleared.'));
  const last = actions.filter(({ data }) => step === undefined || memberOf(data, 'step') === step).at(-1);
  if (last?.type.includes(`.attention_${action}.`) === true && memberOf(last.data, 'note') === note)
    return order;
  throw new Problem('no_attention_needed', `No step of order ${orderId} waits for an operator.`, {
    extra: { orderStatus: order.status },
  });
}

const memberOf = ({ attention }: Record<string, unknown>, name: 'step' | 'note'): unknown =>
  typeof attention === 'object' && attention !== null ? Reflect.get(attention, name) : undefined;

const notPossible = ({ step, actions }: ParkedStepView): Problem =>
  new Problem('action_not_possible', `Step ${step} takes one of ${actions.join(', ')}.`, {
    errors: [{ field: 'action', message: `must be one of ${actions.join(', ')}` }],
    extra: { step, actions },
  });

const failureType = (error: unknown): string | null | undefined =>
  error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure
    ? error.cause.type
    : undefined;
