import type { PaymentRecord } from '../../contracts/temporal/checkout.ts';
import type { AttentionAction } from '../../contracts/attention.ts';
import { growingFrom, type Backoff } from '../../domain/backoff.ts';

/**
 * For a request that is refused until somebody has corrected something: after a minute at first, every hour for a day, and every day at
 * last, since each request costs the other side work, and may cost money.
 */
export const REFUSED_BACKOFF: Backoff = { firstMs: 60_000, maxMs: 3_600_000, later: growingFrom(30) };

/** A step of a workflow, which `StepRunner` (step-runner.ts) retries until it succeeds. */
export interface Step<T> {
  /** The name that operators see and resolve it by: the name of its activity. */
  name: string;
  /** One round: an activity with its own retries. `round` counts from 0. `isAskedFor`: an operator has asked for this round. */
  run(round: number, isAskedFor: boolean): Promise<T>;
  /** The pauses between rounds. */
  backoff?: Backoff;
  /** The pauses after an activity has declared that a retry cannot succeed. Default: those between rounds. */
  refusedBackoff?: Backoff;
  /** The step is parked after so many failed rounds. Default 5: about 40 s. */
  roundsBeforeParking?: number;
  /** Whether an operator may skip the step after such a failure, where the step may be skipped at all. Default: after each. */
  isSkippableAfter?(error: unknown): boolean;
  /** Runs after a failed round, before the pause. */
  onFailure?(round: number): Promise<void>;
  /** Called when a pause starts. The pause ends early as soon as the returned condition is true. */
  pauseEndsWhen?: () => () => boolean;
  /** The step runs concurrently with the rest of the workflow, so that callers who wait for the workflow need not wait for it. */
  inBackground?: boolean;
  /** The workflow may continue as new during a round: the next run starts the step again, and finds what the round has done. */
  isRestartable?: boolean;
  /** The order's payment, for the operator, where the step is a compensation. */
  payment?: PaymentRecord;
}

/** The actions by which an operator has a workflow continue without a step. */
export type SkipAction = Exclude<AttentionAction, 'retry'>;

/** The result of a step, or the action by which an operator skipped it. */
export type StepResult<T> = { done: T } | { skippedBy: SkipAction };

export const isSkip = (action: AttentionAction | undefined): action is SkipAction =>
  action === 'skip' || action === 'resolve';
