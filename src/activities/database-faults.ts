import { ApplicationFailure } from '@temporalio/activity';
import { errorCode } from '../adapters/postgres/pool.ts';
import { INVARIANT_VIOLATED } from '../contracts/errors.ts';
import { RUN_SUPERSEDED_FAILURE } from '../contracts/temporal/messages.ts';

/** SQLSTATE classes of errors that the same statement gets again: invalid data, a violated constraint, a missing function. */
const PERMANENT = /^(22|23|42)/;

/** With it PostgreSQL refuses a step whose run carries its order no more, see db/functions/carriers.sql. */
const SUPERSEDED = '23S03';

/** Whether the step was refused because another run carries its order. */
export const isSuperseded = (error: unknown): boolean => errorCode(error) === SUPERSEDED;

/**
 * Runs `run` and turns an error of the database into a failure of the activity. A permanent one is not retryable, so that an operator
 * sees the order instead of Temporal retrying it in vain. The failure has only the code, because the database's message may quote data.
 */
export async function permanentFaultsFail<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    const code = errorCode(error) ?? 'unknown';
    const message = `PostgreSQL answered ${code}`;
    if (isSuperseded(error))
      throw ApplicationFailure.nonRetryable('Another run carries the order now', RUN_SUPERSEDED_FAILURE);
    throw PERMANENT.test(code)
      ? ApplicationFailure.nonRetryable(message, INVARIANT_VIOLATED)
      : ApplicationFailure.retryable(message, 'DatabaseFault');
  }
}
