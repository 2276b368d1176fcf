import { ApiError } from '../../harness/api/errors.ts';

/** The result of a call of the API, or the error when the API refuses the call for good. */
export async function refusable<T>(call: Promise<T>): Promise<T | ApiError> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
}
