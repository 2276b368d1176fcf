/** An answer of the API that is not what was asked for. `status` 0: there was no answer. */
export class ApiProblem extends Error {
  readonly status: number;
  /** The stable code of the problem. */
  readonly code: string;
  readonly requestId: string | undefined;
  /** Seconds to wait before the next try, where the server says so. */
  readonly retryAfter: number | undefined;
  readonly errors: readonly { field: string; message: string }[];

  constructor(
    status: number,
    code: string,
    detail: string,
    requestId?: string,
    errors: readonly { field: string; message: string }[] = [],
    retryAfter?: number,
  ) {
    super(detail);
    this.name = 'ApiProblem';
    this.status = status;
    this.code = code;
    this.requestId = requestId;
    this.errors = errors;
    this.retryAfter = retryAfter;
  }
}

/** The problem in an answer, also where a proxy has answered without one. */
export async function problemOf(response: Response): Promise<ApiProblem> {
  const requestId = response.headers.get('x-request-id') ?? undefined;
  const body: unknown = await response.json().catch(() => undefined);
  const fields = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  const text = (name: string) => (typeof fields[name] === 'string' ? fields[name] : undefined);
  return new ApiProblem(
    response.status,
    text('code') ?? `http_${response.status}`,
    text('detail') ?? text('title') ?? response.statusText,
    requestId ?? text('requestId') ?? text('instance'),
    Array.isArray(fields['errors']) ? (fields['errors'] as { field: string; message: string }[]) : [],
    Number(response.headers.get('retry-after')) || undefined,
  );
}
