import { Type, type TSchema } from 'typebox';
import { PROBLEMS, ProblemView, type ProblemCode } from '../../contracts/errors.ts';

export const PageLimit = Type.Optional(
  Type.Integer({ minimum: 1, maximum: 100, default: 20, description: 'The size of the page at most.' }),
);
export const Cursor = Type.Optional(
  Type.String({ pattern: '^[A-Za-z0-9_-]{1,512}$', description: 'The `nextCursor` of the previous page.' }),
);
export const DEFAULT_LIMIT = 20;

/** A page of a list. `title` is its name in OpenAPI. */
export const pageOf = <T extends TSchema>(title: string, item: T) =>
  Type.Object(
    {
      data: Type.Array(item),
      nextCursor: Type.Optional(Type.String({ description: 'Absent on the last page.' })),
    },
    { additionalProperties: false, title },
  );

export const OrderPath = Type.Object(
  { orderId: Type.String({ description: 'The id of the order, `ord_…`.' }) },
  { additionalProperties: false },
);

/** The headers of responses, for OpenAPI only. The routes set them. */
const RESPONSE_HEADERS = {
  Location: { type: 'string', description: 'The path of what was created.' },
  'Preference-Applied': { type: 'string', description: 'The `wait` that the response has honoured.' },
  'Idempotency-Replayed': { type: 'string', description: '`true`: the same request was made before.' },
} as const;

/** The schema of a response with its description, and with its headers, in OpenAPI. */
export const described = <T extends TSchema>(
  schema: T,
  description: string,
  ...headers: (keyof typeof RESPONSE_HEADERS)[]
): T => ({
  ...schema,
  'x-response-description': description,
  ...(headers.length > 0 && {
    headers: Object.fromEntries(headers.map((name) => [name, RESPONSE_HEADERS[name]])),
  }),
});

/** The problems that every route can answer. */
const ALWAYS: ProblemCode[] = ['invalid_request', 'internal', 'unavailable'];

/** The problems that every route with an API key can answer. */
const WITH_KEY: ProblemCode[] = ['unauthorized', 'forbidden', 'cross_site_request', 'rate_limited'];

/** The problems that a route with a body can answer. */
export const BODY_PROBLEMS = [
  'invalid_json',
  'card_number_refused',
  'body_too_large',
  'unsupported_media_type',
] as const satisfies ProblemCode[];

/** The headers of problems by their status. */
const PROBLEM_HEADERS: Partial<Record<number, object>> = {
  401: { 'WWW-Authenticate': { type: 'string', description: 'Always `Bearer`.' } },
  429: { 'Retry-After': { type: 'integer', description: 'Seconds to wait before the next try.' } },
  503: { 'Retry-After': { type: 'integer', description: 'Seconds to wait before the next try.' } },
};

/** The problems of a route with an API key in OpenAPI: one entry for each status, which lists its codes. */
export const problems = (...codes: ProblemCode[]): Record<string, object> =>
  problemsWithoutKey(...WITH_KEY, ...codes);

/** The problems of a route without an API key in OpenAPI: one entry for each status, which lists its codes. */
export function problemsWithoutKey(...codes: ProblemCode[]): Record<string, object> {
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
        ...(PROBLEM_HEADERS[status] && { headers: PROBLEM_HEADERS[status] }),
        content: { 'application/problem+json': { schema: ProblemView } },
      },
    ]),
  );
}
