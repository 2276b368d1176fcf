import type { FastifyInstance } from 'fastify';
import { FAILURE_STATUSES } from '../faults/fault-plan.ts';
import type { FaultPlan } from '../faults/fault-plan.ts';
import { badRequest, count, fields } from './fields.ts';

/**
 * The endpoints under `path`, which configure the faults that tests need. An absent member keeps its value; `null` clears
 * `failNextWith` and `only`.
 */
export function faultRoutes<Kind extends string>(
  app: FastifyInstance,
  path: string,
  faults: FaultPlan<Kind>,
): void {
  app.get(path, () => faults.settings);

  app.post(path, (request) => {
    const body = fields(request.body);
    const { settings } = faults;
    // All members are checked before any of them is applied.
    const next = {
      latencyMs: count(body['latencyMs'], settings.latencyMs, 'latencyMs'),
      failNext: count(body['failNext'], settings.failNext, 'failNext'),
      dropBefore: count(body['dropBefore'], settings.dropBefore, 'dropBefore'),
      dropAfter: count(body['dropAfter'], settings.dropAfter, 'dropAfter'),
      failNextWith: oneOf(body['failNextWith'], settings.failNextWith, FAILURE_STATUSES, 'failNextWith'),
      only: oneOf(body['only'], settings.only, faults.kinds, 'only'),
    };
    return Object.assign(settings, next);
  });

  app.post(`${path}/reset`, () => {
    faults.reset();
    return faults.settings;
  });
}

function oneOf<const T>(value: unknown, current: T | null, allowed: readonly T[], name: string): T | null {
  if (value === undefined) return current;
  if (value === null) return null;
  const found = allowed.find((each) => each === value);
  if (found === undefined) throw badRequest(`${name} must be one of ${allowed.join(', ')}, or null`);
  return found;
}
