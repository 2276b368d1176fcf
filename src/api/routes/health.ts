import { Type } from 'typebox';
import { described } from '../lib/schemas.ts';
import type { Api } from '../lib/types.ts';

/** One check for each server that this one needs, by name. It resolves while that server can be reached. */
export type HealthChecks = Record<string, () => Promise<unknown>>;

/** A check that takes longer has failed. Milliseconds. */
const LIMIT_MS = 2_000;

const Live = Type.Object({ status: Type.String() }, { additionalProperties: false });
const Ready = Type.Object(
  { status: Type.String(), checks: Type.Record(Type.String(), Type.String()) },
  { additionalProperties: false },
);

/** `/livez`: the process answers. `/readyz`: every server that it needs can be reached, or which one cannot. */
export function healthRoutes(app: Api, checks: HealthChecks): void {
  const config = { rateLimit: false } as const;

  app.get(
    '/livez',
    {
      config,
      logLevel: 'warn',
      schema: {
        summary: 'Check that the process is alive',
        tags: ['operation'],
        security: [],
        response: { 200: described(Live, 'The process answers.') },
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
        summary: 'Check that the process is ready',
        tags: ['operation'],
        security: [],
        response: {
          200: described(Ready, 'PostgreSQL and Temporal can be reached.'),
          503: described(Ready, 'PostgreSQL or Temporal cannot be reached: see `checks`.'),
        },
      },
    },
    async (_request, reply) => {
      const results = await Promise.all(
        Object.entries(checks).map(async ([name, check]) => [name, await outcome(check)] as const),
      );
      const ready = results.every(([, result]) => result === 'ok');
      return reply
        .code(ready ? 200 : 503)
        .send({ status: ready ? 'ok' : 'unavailable', checks: Object.fromEntries(results) });
    },
  );
}

async function outcome(check: () => Promise<unknown>): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<string>((resolve) => {
    timer = setTimeout(resolve, LIMIT_MS, 'unreachable');
  });
  const checked = check().then(
    () => 'ok',
    () => 'unreachable',
  );
  try {
    return await Promise.race([checked, limit]);
  } finally {
    clearTimeout(timer);
  }
}
