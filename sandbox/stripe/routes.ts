import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Faults, RequestKind } from './faults.ts';
import { authenticateKey } from './authorization.ts';
import { invalidRequest, serverError, StripeFailure } from './failure.ts';
import { emptyForm } from './form.ts';
import type { Form } from './form.ts';
import { captureIntent } from './intent-capture.ts';
import { cancelIntent, confirmIntent, updateIntent } from './intent-changes.ts';
import { createIntent } from './intent-create.ts';
import { closeDispute, updateDispute } from './disputes.ts';
import type { Ledger } from './ledger.ts';
import type { Operation } from './operation.ts';
import { READ_ENDPOINTS } from './reads.ts';
import { createRefund, updateRefund } from './refunds.ts';
import { failureResponse } from './service.ts';
import type { StripeService } from './service.ts';
import { API_VERSION } from './version.ts';

const WRITE_ENDPOINTS: readonly (readonly [path: string, operation: Operation, kind?: RequestKind])[] = [
  ['/v1/payment_intents', createIntent, 'charge'],
  ['/v1/payment_intents/:id', updateIntent],
  ['/v1/payment_intents/:id/confirm', confirmIntent, 'charge'],
  ['/v1/payment_intents/:id/capture', captureIntent, 'capture'],
  ['/v1/payment_intents/:id/cancel', cancelIntent, 'cancel'],
  ['/v1/refunds', createRefund, 'refund'],
  ['/v1/refunds/:id', updateRefund],
  ['/v1/disputes/:id', updateDispute],
  ['/v1/disputes/:id/close', closeDispute],
];

export interface StripeRoutesOptions {
  readonly ledger: Ledger;
  readonly service: StripeService;
  readonly faults: Faults;
  /** Resolves when all changes of the ledger are written to its journal. */
  readonly flushed: () => Promise<void>;
}

/** Stripe's API under `/v1`. The server must parse bodies and queries with `parseForm`, and create request ids in Stripe's format. */
export function stripeRoutes(app: FastifyInstance, options: StripeRoutesOptions): void {
  const { ledger, service, faults, flushed } = options;
  app.addHook('onRequest', async (request, reply) => {
    reply.header('Request-Id', request.id);
    reply.header('Stripe-Version', request.headers['stripe-version'] ?? API_VERSION);
    reply.type('application/json');
    authenticateKey(request.headers.authorization);
    return Promise.resolve();
  });

  app.setErrorHandler((error, request, reply) => {
    const failure = failureOf(error);
    const { status, body } = failureResponse(failure, request.id);
    if (failure.status === 429) reply.header('Stripe-Should-Retry', 'true');
    return reply.code(status).type('application/json').send(body);
  });

  app.setNotFoundHandler((request) => {
    const url = request.url.split('?')[0] ?? '';
    throw new StripeFailure(404, {
      type: 'invalid_request_error',
      message: `Unrecognized request URL (${request.method}: ${url}). If you are trying to list objects, remove the trailing slash. If you are trying to retrieve an object, make sure you passed a valid (non-empty) identifier in your code. The sandbox implements only a part of Stripe's API.`,
    });
  });

  for (const [path, operation, kind] of WRITE_ENDPOINTS) {
    app.post(path, async (request: FastifyRequest, reply) => {
      if (faults.shouldDrop('dropBefore', kind)) return dropConnection(request, reply);
      const idempotencyKey = keyOf(request);
      const answer = await service.write({
        operation,
        kind,
        path: request.url.split('?')[0] ?? '',
        id: idOf(request),
        form: formOf(request.body),
        origin: { requestId: request.id, idempotencyKey },
      });
      if (answer.dropResponse === true || faults.shouldDrop('dropAfter', kind))
        return dropConnection(request, reply);
      if (idempotencyKey !== null) {
        reply.header('Idempotency-Key', idempotencyKey);
        reply.header('Original-Request', answer.replayOf ?? request.id);
        // A stored 500 would only be replayed, so Stripe tells its clients not to retry.
        if (answer.status >= 500 && answer.stored) reply.header('Stripe-Should-Retry', 'false');
      }
      if (answer.replayOf !== undefined) reply.header('Idempotent-Replayed', 'true');
      return reply.code(answer.status).send(answer.body);
    });
  }

  for (const [path, read] of READ_ENDPOINTS) {
    const kind = path.endsWith('/:id') ? 'retrieve' : 'list';
    app.get(path, async (request: FastifyRequest, reply) => {
      if (faults.shouldDrop('dropBefore', kind)) return dropConnection(request, reply);
      const failure = faults.failure(kind);
      if (failure) throw failure;
      const body = JSON.stringify(read(ledger, formOf(request.query), idOf(request)));
      await flushed();
      if (faults.shouldDrop('dropAfter', kind)) return dropConnection(request, reply);
      return reply.send(body);
    });
  }
}

function keyOf(request: FastifyRequest): string | null {
  const key = request.headers['idempotency-key'];
  if (typeof key !== 'string' || key === '') return null;
  if (key.length > 255) throw invalidRequest(undefined, 'Idempotency keys are up to 255 characters long.');
  return key;
}

function idOf({ params }: FastifyRequest): string {
  return typeof params === 'object' && params !== null && 'id' in params ? String(params.id) : '';
}

/** Returns the form that the content type parser has created; a request without a body has none. */
function formOf(parsed: unknown): Form {
  return typeof parsed === 'object' && parsed !== null ? (parsed as Form) : emptyForm();
}

function failureOf(error: unknown): StripeFailure {
  if (error instanceof StripeFailure) return error;
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
  if (status >= 500) return serverError(false);
  return invalidRequest(undefined, error instanceof Error ? error.message : 'Invalid request.');
}

/** Closes the connection without a response, so that the client does not know the outcome of its request. */
function dropConnection(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.hijack();
  request.raw.socket.destroy();
  return reply;
}
