import type { FastifyInstance } from 'fastify';
import { failureStatuses, requestKinds } from './faults.ts';
import type { Faults } from './faults.ts';
import { count, fields, refusal } from './fields.ts';

/** `/sandbox/faults`: trouble on order. A member that is left out stays as it is, `null` clears the two that name something. */
export function faultRoutes(app: FastifyInstance, faults: Faults): void {
  app.get('/sandbox/faults', () => faults.trouble);

  app.post('/sandbox/faults', (request) => {
    const given = fields(request.body);
    const { trouble } = faults;
    // All are read before any takes effect.
    const next = {
      latencyMs: count(given['latencyMs'], trouble.latencyMs, 'latencyMs'),
      failNext: count(given['failNext'], trouble.failNext, 'failNext'),
      dropBefore: count(given['dropBefore'], trouble.dropBefore, 'dropBefore'),
      dropAfter: count(given['dropAfter'], trouble.dropAfter, 'dropAfter'),
      failNextWith: oneOf(given['failNextWith'], trouble.failNextWith, failureStatuses, 'failNextWith'),
      only: oneOf(given['only'], trouble.only, requestKinds, 'only'),
    };
    return Object.assign(trouble, next);
  });

  app.post('/sandbox/faults/reset', () => {
    faults.reset();
    return faults.trouble;
  });
}

function oneOf<const T>(value: unknown, current: T | null, allowed: readonly T[], name: string): T | null {
  if (value === undefined) return current;
  if (value === null) return null;
  const found = allowed.find((each) => each === value);
  if (found === undefined) throw refusal(`${name} takes one of ${allowed.join(', ')}, or null`);
  return found;
}
