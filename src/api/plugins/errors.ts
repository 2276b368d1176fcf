import type { FastifyReply, FastifyRequest } from 'fastify';
import pg from 'pg';
import { Problem, PROBLEMS, type ProblemCode, type ProblemView } from '../../contracts/errors.ts';
import { outageProblem } from '../../orders/lib/outage.ts';
import { drain } from '../lib/drain.ts';
import type { Api } from '../lib/types.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The code of the problem that the request was answered with. */
    problemCode: ProblemCode | null;
  }
}

/** Seconds. */
const RETRY_AFTER = '1';
/** An operator has paused the intake: that takes minutes. Seconds. */
const RETRY_AFTER_PAUSE = '30';

/** Fastify's own errors, by their code. Every other error of Fastify with a 4xx status is an `invalid_request`. */
const FASTIFY_ERRORS: Record<string, ProblemCode> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'invalid_json',
  FST_ERR_NOT_FOUND: 'not_found',
};

/** Answers every error as `application/problem+json` (RFC 9457) with a stable code, and reveals nothing internal. */
export function addErrors(app: Api): void {
  app.decorateRequest('problemCode', null);
  app.setErrorHandler(async (error, request, reply) => {
    const problem = toProblem(error);
    const { status } = PROBLEMS[problem.code];
    if (status >= 500 && problem.code !== 'intake_paused') logFailure(error, problem, request);
    if (problem.code === 'body_too_large') await drain(request.raw);
    // Fastify closes the connection after a bad body. That is not needed once the whole body has been read.
    if (request.raw.complete) reply.removeHeader('connection');
    return sendProblem(problem, request, reply);
  });
}

export function sendProblem(problem: Problem, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status } = PROBLEMS[problem.code];
  request.problemCode = problem.code;
  if ((status === 503 || problem.code === 'too_busy') && !reply.hasHeader('retry-after'))
    reply.header('Retry-After', problem.code === 'intake_paused' ? RETRY_AFTER_PAUSE : RETRY_AFTER);
  return reply
    .code(status)
    .type('application/problem+json')
    .serializer(JSON.stringify)
    .send(problemView(problem, `urn:uuid:${request.id}`));
}

export function problemView({ code, message, errors, extra }: Problem, instance?: string): ProblemView {
  const { status, title } = PROBLEMS[code];
  return {
    ...extra,
    type: 'about:blank',
    title,
    status,
    code,
    detail: message,
    ...(instance !== undefined && { instance }),
    ...(errors.length > 0 && { errors }),
  };
}

function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const outage = outageProblem(error);
  if (outage) return outage;
  const { code, statusCode } = fastifyError(error);
  const known = FASTIFY_ERRORS[code];
  if (known) {
    const errors =
      known === 'unsupported_media_type' ? [contentType] : [{ field: 'body', message: 'cannot be read' }];
    return new Problem(known, DETAILS[known] ?? PROBLEMS[known].title, { errors });
  }
  if (statusCode === 503)
    return new Problem('unavailable', 'The service is shutting down or overloaded. Try again in a moment.');
  if (statusCode >= 400 && statusCode < 500) {
    return new Problem('invalid_request', 'The request cannot be read.', {
      errors: [{ field: 'request', message: 'cannot be read' }],
    });
  }
  return new Problem(
    'internal',
    'The error has been logged. Try again with the same Idempotency-Key: that is safe.',
  );
}

const contentType = { field: 'Content-Type', message: 'must be application/json' };

const DETAILS: Partial<Record<ProblemCode, string>> = {
  body_too_large: 'Send a smaller body.',
  unsupported_media_type: 'Send "Content-Type: application/json".',
  invalid_json: 'The body is shorter or longer than its Content-Length.',
};

function fastifyError(error: unknown): { code: string; statusCode: number } {
  const given = typeof error === 'object' && error !== null ? error : {};
  return {
    code: 'code' in given && typeof given.code === 'string' ? given.code : '',
    statusCode: 'statusCode' in given && typeof given.statusCode === 'number' ? given.statusCode : 500,
  };
}

function logFailure(error: unknown, problem: Problem, request: FastifyRequest): void {
  const cause = problem.cause ?? error;
  const level = problem.code === 'unavailable' ? 'warn' : 'error';
  request.log[level](
    {
      reqId: request.id,
      method: request.method,
      route: request.routeOptions.url,
      code: problem.code,
      ...describe(cause),
    },
    'request failed',
  );
}

/** PostgreSQL's messages and details repeat values of the row, so that only the names in its errors are logged. */
function describe(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { error: typeof error };
  const frames = error.stack?.split('\n').filter((line) => line.trimStart().startsWith('at '));
  if (error instanceof pg.DatabaseError) {
    const { name, code, table, constraint, routine } = error;
    return { error: name, sqlState: code, table, constraint, routine, stack: frames };
  }
  return { error: error.name, message: error.message, stack: frames };
}
