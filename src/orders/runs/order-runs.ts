import type { Client } from '@temporalio/client';
import proto, { type temporal } from '@temporalio/proto';
import type { OrderReader, ParkedStepView } from '../../adapters/postgres/order-reader.ts';
import type { OrderView } from '../../contracts/http/order.ts';
import type { OrderRun, OrderRuns } from '../../contracts/http/runs.ts';
import {
  CHECKOUT_WORKFLOW,
  checkoutWorkflowId,
  GROUP_WORKFLOW,
  SEARCH_ATTRIBUTES,
} from '../../contracts/temporal/names.ts';
import { isoOf, msOf } from './history.ts';
import { createRunReader, type RunToRead } from './run-reader.ts';
import { checkoutByEvents } from './told-by-events.ts';

type Execution = temporal.api.workflow.v1.IWorkflowExecutionInfo;

/** The newest runs of an order that are read. */
const MAX_RUNS = 40;
const MAX_CONCURRENT = 4;
/** Closed runs, which do not change any more. */
const MAX_KEPT = 500;
const DEADLINE_MS = 5_000;
const RUNNING = proto.temporal.api.enums.v1.WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING;

export interface OrderRunsParts {
  client: Client;
  reader: Pick<OrderReader, 'parked' | 'events'>;
  findOrder: (clientId: string, orderId: string) => Promise<OrderView>;
}

export interface OrderRunsReader {
  /**
   * Returns the workflow runs of an order, step by step. Reads only.
   *
   * @throws {Problem} `order_not_found`
   */
  read(clientId: string, orderId: string): Promise<OrderRuns>;
}

interface Found extends RunToRead {
  type: string;
  startedMs: number;
}

/** The workflow runs of an order, for operators: from Temporal's histories, and from PostgreSQL what these do not have. */
export function createOrderRuns({ client, reader, findOrder }: OrderRunsParts): OrderRunsReader {
  const runs = createRunReader(client);
  /** By order and run, since a run of several orders has other nodes for each. The least recently read is first. */
  const kept = new Map<string, OrderRun>();

  async function list(orderId: string): Promise<{ found: Found[]; truncated: boolean }> {
    const { executions } = await client.withDeadline(Date.now() + DEADLINE_MS, () =>
      client.workflowService.listWorkflowExecutions({
        namespace: client.options.namespace,
        query: `${SEARCH_ATTRIBUTES.orderId.name} = '${orderId}'`,
        pageSize: MAX_RUNS + 1,
      }),
    );
    const found = executions.map(toFound).sort((a, b) => a.startedMs - b.startedMs);
    if (!found.some(({ type }) => isCheckout(type))) {
      // A run is listed a moment after it has started. It is the order's own checkout that is asked for most in that moment.
      found.unshift({
        workflowId: checkoutWorkflowId(orderId),
        runId: '',
        isOpen: true,
        type: CHECKOUT_WORKFLOW,
        startedMs: 0,
      });
    }
    return { found: found.slice(-MAX_RUNS), truncated: found.length > MAX_RUNS };
  }

  async function readOne(
    run: Found,
    orderId: string,
    parked: readonly ParkedStepView[],
  ): Promise<OrderRun | undefined> {
    const key = `${orderId} ${run.runId}`;
    const known = kept.get(key);
    if (known) {
      kept.delete(key);
      kept.set(key, known);
      return known;
    }
    const steps = parked.filter(({ workflowId }) => workflowId === run.workflowId).map(({ step }) => step);
    const read = await runs.read(run, orderId, steps);
    if (!read) return undefined;
    const { type, startedMs, closedMs, state, orders, nodes, truncated } = read;
    const view: OrderRun = {
      workflowId: run.workflowId,
      ...(run.runId !== '' && { runId: run.runId }),
      type,
      state,
      startedAt: isoOf(startedMs),
      ...(closedMs !== undefined && { closedAt: isoOf(closedMs) }),
      ...(orders > 1 && { orders }),
      source: 'temporal',
      ...(truncated && { truncated }),
      nodes,
    };
    if (state !== 'running' && run.runId !== '') keep(key, view);
    return view;
  }

  function keep(key: string, run: OrderRun): void {
    kept.set(key, run);
    const [oldest] = kept.keys();
    if (kept.size > MAX_KEPT && oldest !== undefined) kept.delete(oldest);
  }

  return {
    async read(clientId, orderId) {
      const order = await findOrder(clientId, orderId);
      const [parked, { found, truncated }] = await Promise.all([reader.parked(orderId), list(orderId)]);
      const read: OrderRun[] = [];
      for (let at = 0; at < found.length; at += MAX_CONCURRENT) {
        const some = found.slice(at, at + MAX_CONCURRENT).map((run) => readOne(run, orderId, parked));
        for (const run of await Promise.all(some)) if (run) read.push(run);
      }
      if (!truncated && !read.some(({ type }) => isCheckout(type)))
        read.unshift(checkoutByEvents(order, await reader.events(orderId)));
      return {
        runs: read,
        ...(truncated && { truncated }),
        parked,
        readAt: new Date().toISOString(),
      };
    },
  };
}

const isCheckout = (type: string): boolean => type === CHECKOUT_WORKFLOW || type === GROUP_WORKFLOW;

function toFound({ execution, type, status, startTime, executionTime }: Execution): Found {
  return {
    workflowId: execution?.workflowId ?? '',
    runId: execution?.runId ?? '',
    isOpen: status === RUNNING,
    type: type?.name ?? '',
    startedMs: msOf(executionTime ?? startTime),
  };
}
