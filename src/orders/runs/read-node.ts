import type { RunError, RunNodeKind, RunNodeState } from '../../contracts/http/runs.ts';

/** A node while the history is read. Times are Unix milliseconds. */
export interface ReadNode {
  kind: RunNodeKind;
  name: string;
  detail?: string | undefined;
  state: RunNodeState;
  startMs: number;
  endMs?: number | undefined;
  /** Undefined: an earlier run has made the tries. */
  attempts?: number | undefined;
  failed: number;
  /** The attempts and failures before the present round of tries. */
  before: { attempts: number; failed: number };
  error?: RunError | undefined;
  deadlineMs?: number | undefined;
  nextTryMs?: number | undefined;
  /** Of a step that a worker has now. */
  activityId?: string | undefined;
  /** The history says that the step waits for an operator. */
  isParked?: boolean;
  /** No activity: the workflow itself waits for something that an operator may settle. */
  isPause?: boolean;
}

/** The name of a step as operators see it: that of its activity, and which mails it sends. */
export const keyOf = ({ name, detail }: Pick<ReadNode, 'name' | 'detail'>): string =>
  detail === undefined ? name : `${name} ${detail}`;

/** Whether a step that is parked under this name is the one of the node. Names may end with a number: that of a shipment or a part. */
export function isNamed(node: Pick<ReadNode, 'name' | 'detail'>, step: string): boolean {
  const key = keyOf(node);
  if (step === key || step.replace(/ \d+$/, '') === key) return true;
  return node.name !== 'notify' && step.split(' ')[0] === node.name && node.detail === undefined;
}
