import { Type } from 'typebox';
import { described } from '../schemas.ts';
import type { Api } from '../types.ts';

/** What the service stands on, by name; each resolves while it can be reached. */
export type HealthChecks = Record<string, () => Promise<unknown>>;

/** Milliseconds. */
const LIMIT_MS = 2_000;

const Live = Type.Object({ status: Type.String() }, { additionalProperties: false });
const Ready = Type.Object(
  { status: Type.String(), checks: Type.Record(Type.String(), Type.String()) },
  { additionalProperties: false },
);

/** `/livez`: the process answers. `/readyz`: it can do its work, or which part it lacks. */
export function healthRoutes(app: Api, checks: HealthChecks): void {
  const config = { rateLimit: false } as const;

  app.get(
    '/livez',
    {
      config,
      logLevel: 'warn',
      schema: {
        summary: 'Alive',
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
        summary: 'Ready',
        tags: ['operation'],
        security: [],
        response: {
          200: described(Ready, 'Everything that it needs can be reached.'),
          503: described(Ready, 'Something cannot be reached: `checks` says what.'),
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
