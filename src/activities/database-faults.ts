import { ApplicationFailure } from '@temporalio/activity';
import { errorCode } from '../adapters/postgres/pool.ts';
import { INVARIANT_VIOLATED } from '../contracts/errors.ts';

/** SQLSTATE classes that the same statement meets again: bad data, a broken constraint, a missing function. */
const PERMANENT = /^(22|23|42)/;

/**
 * A fault that no quick retry cures is failed at once, so that the order is seen by an operator and does not spin.
 * Messages of the database may quote data: only the code goes on.
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
