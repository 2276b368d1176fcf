import type { AnsweredRequest } from '../contracts/ports/answered-request.ts';
import type { Families } from './families.ts';

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Counts the answers of the API. A URL that no route matches is counted as `unmatched`, since anybody can think of more of them. */
export const requestObserver =
  ({ httpRequests, httpDuration }: Pick<Families, 'httpRequests' | 'httpDuration'>) =>
  ({ method: given, route = 'unmatched', status, isPaused, seconds, isStream }: AnsweredRequest): void => {
    const method = METHODS.has(given) ? given : 'other';
    // What an operator has paused is no error of the service.
    httpRequests.inc({ method, route, status: isPaused ? 'paused' : `${Math.floor(status / 100)}xx` });
    if (!isStream) httpDuration.observe({ method, route }, seconds);
  };
