import { ApplicationFailure } from '@temporalio/activity';
import { errorCode } from '../adapters/postgres/pool.ts';
import { INVARIANT_VIOLATED } from '../contracts/errors.ts';

/** SQLSTATE classes of errors that the same statement gets again: invalid data, a violated constraint, a missing function. */
const PERMANENT = /^(22|23|42)/;

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
    throw PERMANENT.test(code)
      ? ApplicationFailure.nonRetryable(message, INVARIANT_VIOLATED)
      : ApplicationFailure.retryable(message, 'DatabaseFault');
  }
}
