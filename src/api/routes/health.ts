import { Type } from 'typebox';
import { ProblemView } from '../../contracts/errors.ts';
import { described, problemsWithoutKey } from '../lib/schemas.ts';
import type { Api } from '../lib/types.ts';

/** One check for each server that this one needs, by name. It resolves while that server can be reached. */
export type HealthChecks = Readonly<Record<string, () => Promise<unknown>>>;

/** States that do not make the process unready, by name. Each resolves to `ok` or to what is wrong. */
export type HealthNotices = Readonly<Record<string, () => Promise<string>>>;

/** A check that takes longer has failed. Milliseconds. */
const LIMIT_MS = 2_000;

const Live = Type.Object({ status: Type.String() }, { additionalProperties: false, title: 'Liveness' });
const Ready = Type.Object(
  { status: Type.String(), checks: Type.Record(Type.String(), Type.String()) },
  { additionalProperties: false, title: 'Readiness' },
);

/** `/livez`: the process answers. `/readyz`: every server that it needs can be reached, or which one cannot. */
export function healthRoutes(app: Api, checks: HealthChecks, notices: HealthNotices = {}): void {
  const config = { rateLimit: false } as const;

  app.get(
    '/livez',
    {
      config,
      logLevel: 'warn',
      schema: {
        operationId: 'checkLiveness',
        summary: 'Check that the process is alive',
        description: 'For a supervisor that restarts a process which does not answer.',
        tags: ['operation'],
        security: [],
        response: { 200: described(Live, 'The process answers.'), ...problemsWithoutKey() },
      },
    },
    () => ({ status: 'ok' }),
  );

  app.get(
    '/readyz',
    {
      config,
      logLevel: 'warn',
      schema: {
        operationId: 'checkReadiness',
        summary: 'Check that the process is ready',
        description: 'For a load balancer, which then sends no request to a process that cannot serve it.',
        tags: ['operation'],
        security: [],
        response: {
          200: described(
            Ready,
            'PostgreSQL and Temporal can be reached. `feed` is `ok`, `late` (a committed event has no position yet after 5 s) or `held_up` (a transaction that writes is open for a minute), and makes no process unready.',
          ),
          ...problemsWithoutKey(),
          503: {
            description:
              'PostgreSQL or Temporal cannot be reached: see `checks`. A process that is shutting down answers with a problem.',
            content: {
              'application/json': { schema: Ready },
              'application/problem+json': { schema: ProblemView },
            },
          },
        },
      },
    },
    async (_request, reply) => {
      const [needed, noticed] = await Promise.all([outcomesOf(checks), outcomesOf(notices)]);
      const ready = needed.every(([, result]) => result === 'ok');
      return reply
        .code(ready ? 200 : 503)
        .send({ status: ready ? 'ok' : 'unavailable', checks: Object.fromEntries([...needed, ...noticed]) });
    },
  );
}

const outcomesOf = (checks: HealthChecks) =>
  Promise.all(Object.entries(checks).map(async ([name, check]) => [name, await outcome(check)] as const));

async function outcome(check: () => Promise<unknown>): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<string>((resolve) => {
    timer = setTimeout(resolve, LIMIT_MS, 'unreachable');
  });
  const checked = check().then(
    (result) => (typeof result === 'string' ? result : 'ok'),
    () => 'unreachable',
  );
  try {
    return await Promise.race([checked, limit]);
  } finally {
    clearTimeout(timer);
  }
}
