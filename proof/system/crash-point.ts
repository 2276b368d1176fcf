/** Names that the proof, the worker process under test and its workflows share. */

import type { PortInUseMessage } from '../../src/platform/port-in-use.ts';

/**
 * Where in the life of an activity its process dies: before the activity has done anything; after its effect and before
 * Temporal hears of it; after Temporal has the result in the history.
 */
export const MOMENTS = ['before', 'after', 'reported'] as const;
export type Moment = (typeof MOMENTS)[number];

/**
 * `task`: after activation number `n` of the order's workflows has been executed and before its commands have left the
 * process; counted from 1 over all workflows of the order, without replays.
 */
export type CrashPoint =
  | { readonly kind: 'activity'; readonly activity: string; readonly moment: Moment }
  | { readonly kind: 'task'; readonly n: number };

export interface Victim {
  readonly orderId: string;
  readonly point: CrashPoint;
}

/**
 * The command to a worker process: hold each of these orders when it has reached its point, and die by SIGKILL when all of
 * them have. An order that is held makes no progress, as if the process had died at that point.
 */
export interface Arming {
  readonly type: 'arm';
  readonly victims: readonly Victim[];
  /** The point of a group: the process dies when the first group has reached it. Activations are those of the group's own workflow. */
  readonly group?: CrashPoint;
}

export type FromWorker =
  | { readonly type: 'ready' }
  | PortInUseMessage
  /** Every activity that the process can run, named as {@link activityName} does. */
  | { readonly type: 'activities'; readonly names: readonly string[] }
  | { readonly type: 'armed' }
  /** The order has reached its point. */
  | { readonly type: 'held'; readonly orderId: string }
  /** The number of activations of an armed order that have been executed. */
  | { readonly type: 'activations'; readonly orderId: string; readonly n: number };

/** An activity of the task queue `checkout` has its own name; the name of another queue is put before it. */
export const activityName = (taskQueue: string, name: string): string =>
  taskQueue === 'checkout' ? name : `${taskQueue}:${name}`;

export const describePoint = (point: CrashPoint): string =>
  point.kind === 'task' ? 'workflow task' : `${point.activity}, ${point.moment}`;
