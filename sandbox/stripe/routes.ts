import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Faults, RequestKind } from '../faults.ts';
import { authenticateKey } from './authorization.ts';
import { invalid, serverError, StripeFailure } from './failure.ts';
import { emptyForm } from './form.ts';
import type { Form } from './form.ts';
import { captureIntent } from './intent-capture.ts';
import { cancelIntent, confirmIntent, updateIntent } from './intent-changes.ts';
import { createIntent } from './intent-create.ts';
import type { Ledger } from './ledger.ts';
import type { Operation } from './operation.ts';
import { readers } from './reads.ts';
import { createRefund, updateRefund } from './refunds.ts';
import { failureAnswer } from './service.ts';
import type { StripeService } from './service.ts';
import { API_VERSION } from './version.ts';

const writers: readonly (readonly [path: string, operation: Operation, kind?: RequestKind])[] = [
  ['/v1/payment_intents', createIntent, 'charge'],
  ['/v1/payment_intents/:id', updateIntent],
  ['/v1/payment_intents/:id/confirm', confirmIntent, 'charge'],
  ['/v1/payment_intents/:id/capture', captureIntent, 'capture'],
  ['/v1/payment_intents/:id/cancel', cancelIntent, 'cancel'],
  ['/v1/refunds', createRefund, 'refund'],
  ['/v1/refunds/:id', updateRefund],
];

export interface StripeRoutesOptions {
  readonly ledger: Ledger;
  readonly service: StripeService;
  readonly faults: Faults;
  /** Resolves when everything that the books show is on disk. */
  readonly settled: () => Promise<void>;
}

/** Stripe's API under `/v1`. Bodies and queries must come parsed by `parseForm`, and the server must make ids in Stripe's form. */
export function stripeRoutes(app: FastifyInstance, options: StripeRoutesOptions): void {
  const { ledger, service, faults, settled } = options;
  app.addHook('onRequest', async (request, reply) => {
    reply.header('Request-Id', request.id);
    reply.header('Stripe-Version', request.headers['stripe-version'] ?? API_VERSION);
    reply.type('application/json');
    authenticateKey(request.headers.authorization);
    return Promise.resolve();
  });

  app.setErrorHandler((error, request, reply) => {
    const failure = failureOf(error);
    const { status, body } = failureAnswer(failure, request.id);
    if (failure.status === 429) reply.header('Stripe-Should-Retry', 'true');
    return reply.code(status).type('application/json').send(body);
  });

  app.setNotFoundHandler((request) => {
    const url = request.url.split('?')[0] ?? '';
    throw new StripeFailure(404, {
      type: 'invalid_request_error',
      message: `Unrecognized request URL (${request.method}: ${url}). If you are trying to list objects, remove the trailing slash. If you are trying to retrieve an object, make sure you passed a valid (non-empty) identifier in your code. The sandbox plays a part of Stripe's API only.`,
    });
  });

  for (const [path, operation, kind] of writers) {
    app.post(path, async (request: FastifyRequest, reply) => {
      if (faults.drops('dropBefore', kind)) return lose(request, reply);
      const idempotencyKey = keyOf(request);
      const answer = await service.write({
        operation,
        kind,
        path: request.url.split('?')[0] ?? '',
        id: idOf(request),
        form: formOf(request.body),
        origin: { requestId: request.id, idempotencyKey },
      });
      if (answer.loseAnswer === true || faults.drops('dropAfter', kind)) return lose(request, reply);
      if (idempotencyKey !== null) {
        reply.header('Idempotency-Key', idempotencyKey);
        reply.header('Original-Request', answer.replayOf ?? request.id);
        // A stored 500 would only be replayed: Stripe tells its clients not to bother.
        if (answer.status >= 500 && answer.stored) reply.header('Stripe-Should-Retry', 'false');
      }
      if (answer.replayOf !== undefined) reply.header('Idempotent-Replayed', 'true');
      return reply.code(answer.status).send(answer.body);
    });
  }

  for (const [path, read] of readers) {
    const kind = path.endsWith('/:id') ? 'retrieve' : 'list';
    app.get(path, async (request: FastifyRequest, reply) => {
      if (faults.drops('dropBefore', kind)) return lose(request, reply);
      const failure = faults.failure(kind);
      if (failure) throw failure;
      const body = JSON.stringify(read(ledger, formOf(request.query), idOf(request)));
      await settled();
      if (faults.drops('dropAfter', kind)) return lose(request, reply);
      return reply.send(body);
    });
  }
}

function keyOf(request: FastifyRequest): string | null {
  const key = request.headers['idempotency-key'];
  if (typeof key !== 'string' || key === '') return null;
  if (key.length > 255) throw invalid(undefined, 'Idempotency keys are up to 255 characters long.');
  return key;
}

function idOf({ params }: FastifyRequest): string {
  return typeof params === 'object' && params !== null && 'id' in params ? String(params.id) : '';
}

/** The content type parser has made a form of it; a request without a body has none. */
function formOf(parsed: unknown): Form {
  return typeof parsed === 'object' && parsed !== null ? (parsed as Form) : emptyForm();
}

function failureOf(error: unknown): StripeFailure {
  if (error instanceof StripeFailure) return error;
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
  if (status >= 500) return serverError(false);
  return invalid(undefined, error instanceof Error ? error.message : 'Invalid request.');
}

/** The connection breaks: the other side never hears what became of its request. */
function lose(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.hijack();
  request.raw.socket.destroy();
  return reply;
}
