import { Type, type TSchema } from 'typebox';
import { PROBLEMS, ProblemView, type ProblemCode } from '../contracts/errors.ts';

export const PageLimit = Type.Optional(
  Type.Integer({ minimum: 1, maximum: 100, default: 20, description: 'How many at most.' }),
);
export const Cursor = Type.Optional(
  Type.String({ pattern: '^[A-Za-z0-9_-]{1,512}$', description: 'The `nextCursor` of the page before.' }),
);
export const DEFAULT_LIMIT = 20;

export const page = <T extends TSchema>(item: T) =>
  Type.Object(
    {
      data: Type.Array(item),
      nextCursor: Type.Optional(Type.String({ description: 'Absent on the last page.' })),
    },
    { additionalProperties: false },
  );

export const OrderPath = Type.Object({ orderId: Type.String() }, { additionalProperties: false });

/** The schema of a response with what OpenAPI says of it. */
export const described = <T extends TSchema>(schema: T, description: string): T => ({
  ...schema,
  description,
});

/** What every route with a key can answer beside its own. */
const ALWAYS: ProblemCode[] = [
  'invalid_request',
  'unauthorized',
  'forbidden',
  'rate_limited',
  'internal',
  'unavailable',
];

/** The problems of a route as OpenAPI describes them: one entry a status, which lists its codes. */
export function problems(...codes: ProblemCode[]): Record<string, object> {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of [...ALWAYS, ...codes]) {
    const { status } = PROBLEMS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, some]) => [
      String(status),
      {
        description: some.map((code) => `\`${code}\`: ${PROBLEMS[code].title}`).join('\n\n'),
        content: { 'application/problem+json': { schema: ProblemView } },
      },
    ]),
  );
}
