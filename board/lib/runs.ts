import { stepName } from './attention.ts';
import type { RefundView } from '../../src/contracts/http/order.ts';
import type { OrderRun, RunNode } from '../../src/contracts/http/runs.ts';

/** How a node is drawn. `tried`: a try that has failed, before the last one of its step. */
export type NodeLook = 'done' | 'tried' | 'failed' | 'wait' | 'undo' | 'parked' | 'running' | 'to_come';

/** So many failed tries are drawn one by one; more are one with their number. */
const MAX_TRIES_DRAWN = 3;

export interface DrawnNode {
  /** Failed tries before the last. */
  tries: number;
  /** The tries are drawn as one, with their number beside it. */
  isFolded: boolean;
  look: NodeLook;
}

export function drawnAs({ kind, state, undo, failedAttempts = 0, nextTryAt }: RunNode): DrawnNode {
  const tries = state === 'failed' ? Math.max(0, failedAttempts - 1) : failedAttempts;
  return { tries, isFolded: tries > MAX_TRIES_DRAWN, look: lookOf() };

  function lookOf(): NodeLook {
    if (state === 'done') return kind === 'wait' ? 'wait' : undo === true ? 'undo' : 'done';
    if (state === 'waiting') return kind === 'wait' || nextTryAt !== undefined ? 'wait' : 'running';
    return state;
  }
}

/** What a run is: the type of its workflow, with the number of the refund or the return, as the order has it. */
export function runName(
  { type, workflowId }: Pick<OrderRun, 'type' | 'workflowId'>,
  refunds: readonly Pick<RefundView, 'refundId' | 'number'>[] = [],
): string {
  const refund = refunds.find(({ refundId }) => workflowId === `order/${refundId}`);
  const number = refund?.number ?? /\/(?:refunds|captures|returns)\/(\d+)$/.exec(workflowId)?.[1];
  return number === undefined ? type : `${type} ${number}`;
}

/** What a step is called: as in Temporal, with the mails that it sends. */
export const nodeName = ({ name, detail, kind }: RunNode): string =>
  detail === undefined || kind === 'decision' ? name : stepName(`${name} ${detail}`);

/** Whether something of the runs goes on by itself now, so that they are read again soon. */
export const isMoving = (runs: readonly OrderRun[]): boolean =>
  runs.some(
    ({ state, nodes }) =>
      state === 'running' &&
      nodes.some((node) => node.state === 'running' || (node.kind === 'step' && node.state === 'waiting')),
  );

/** The address of a page of another system. `undefined`: none is configured, or a value is not known. */
export function linkTo(
  template: string | undefined,
  values: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (template === undefined) return undefined;
  const names = [...template.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  if (names.some((name) => values[name] === undefined)) return undefined;
  const url = template.replaceAll(/\{(\w+)\}/g, (_whole, name: string) =>
    encodeURIComponent(values[name] ?? ''),
  );
  return /^https?:\/\//.test(url) ? url : undefined;
}
