import { Type, type TSchema } from 'typebox';
import { PROBLEMS, ProblemView, type ProblemCode } from '../../contracts/errors.ts';

export const PageLimit = Type.Optional(
  Type.Integer({ minimum: 1, maximum: 100, default: 20, description: 'The size of the page at most.' }),
);
export const Cursor = Type.Optional(
  Type.String({ pattern: '^[A-Za-z0-9_-]{1,512}$', description: 'The `nextCursor` of the previous page.' }),
);
export const DEFAULT_LIMIT = 20;

export const pageOf = <T extends TSchema>(item: T) =>
  Type.Object(
    {
      data: Type.Array(item),
      nextCursor: Type.Optional(Type.String({ description: 'Absent on the last page.' })),
    },
    { additionalProperties: false },
  );

export const OrderPath = Type.Object({ orderId: Type.String() }, { additionalProperties: false });

/** The schema of a response with its description in OpenAPI. */
export const described = <T extends TSchema>(schema: T, description: string): T => ({
  ...schema,
  description,
});

/** The problems that every route with an API key can answer. */
const ALWAYS: ProblemCode[] = [
  'invalid_request',
  'unauthorized',
  'forbidden',
  'rate_limited',
  'internal',
  'unavailable',
];

/** The problems that a route with a body can answer. */
export const BODY_PROBLEMS = [
  'invalid_json',
  'card_number_refused',
  'body_too_large',
  'unsupported_media_type',
] as const satisfies ProblemCode[];

/** The problems of a route in OpenAPI: one entry for each status, which lists its codes. */
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
