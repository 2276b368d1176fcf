import type { Settlement } from '../../contracts/temporal/operations.ts';
import type { StepResult } from './step.ts';

/** How an operation is settled after a step that an operator may skip. */
export function settlementOf(end: StepResult<unknown>): Settlement {
  if ('done' in end) return 'succeeded';
  return end.skippedBy === 'skip' ? 'skipped' : 'resolved';
}
