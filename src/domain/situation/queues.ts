/** A queue as `GET /v1/queues` counts it. */
export interface QueueCount {
  name: string;
  group: 'need_you' | 'watch';
  count: number;
  /** True: there are at least so many. */
  atLeast?: boolean;
  oldestAt?: string;
  dueAt?: string;
}

export interface QueueSum {
  /** What needs an operator, over all queues. What mends itself is not counted. */
  count: number;
  atLeast: boolean;
  oldestAt: string | undefined;
}

export function sumOfNeeds(queues: readonly QueueCount[]): QueueSum {
  const needs = queues.filter(({ group, count }) => group === 'need_you' && count > 0);
  const oldest = needs
    .map(({ oldestAt }) => oldestAt)
    .filter((at) => at !== undefined)
    .sort((a, b) => Date.parse(a) - Date.parse(b));
  return {
    count: needs.reduce((sum, { count }) => sum + count, 0),
    atLeast: needs.some(({ atLeast }) => atLeast === true),
    oldestAt: oldest[0],
  };
}
