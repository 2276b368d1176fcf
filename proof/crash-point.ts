/** Names that the harness, the worker process under test and its workflows share. */

/**
 * Where in the life of an activity its process dies: before the activity has done anything; after its effect and before
 * Temporal hears of it; after Temporal has the result in the history.
 */
export const MOMENTS = ['before', 'after', 'reported'] as const;
export type Moment = (typeof MOMENTS)[number];

/**
 * `task`: after activation number `n` of the order's workflows has been executed and before its commands have left the
 * process; counted from 1 over all workflows of the order, replay not included.
 */
export type CrashPoint =
  | { readonly kind: 'activity'; readonly activity: string; readonly moment: Moment }
  | { readonly kind: 'task'; readonly n: number };

export interface Victim {
  readonly orderId: string;
  readonly point: CrashPoint;
}

/**
 * What the harness tells a worker process: hold each of these orders when it is at its point, and die, by kill -9, when
 * all of them are. Nothing of an order that is held goes on, so that it is as if the process had died right there.
 */
export interface Arming {
  readonly type: 'arm';
  readonly victims: readonly Victim[];
  /** Where a group dies: the process does when the first one is there. Activations are those of the group's own workflow. */
  readonly group?: CrashPoint;
}

export type FromWorker =
  | { readonly type: 'ready' }
  /** Every activity that the process can run, as {@link activityName} has it. */
  | { readonly type: 'activities'; readonly names: readonly string[] }
  | { readonly type: 'armed' }
  /** The order is at its point. */
  | { readonly type: 'held'; readonly orderId: string }
  /** So many activations of an order that it was armed with have been executed. */
  | { readonly type: 'activations'; readonly orderId: string; readonly n: number };

/** An activity of the order's own task queue goes by its name; the queue of another one is put before it. */
export const activityName = (taskQueue: string, name: string): string =>
  taskQueue === 'checkout' ? name : `${taskQueue}:${name}`;

export const describePoint = (point: CrashPoint): string =>
  point.kind === 'task' ? 'workflow task' : `${point.activity}, ${point.moment}`;
