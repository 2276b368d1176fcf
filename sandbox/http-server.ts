import { fastify } from 'fastify';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { parseForm } from './stripe/form.ts';
import { newId } from './stripe/transaction.ts';

/**
 * Creates the HTTP server, which parses forms and JSON, and creates request ids in Stripe's format.
 *
 * @param ready requests wait until it resolves
 */
export function createHttpServer(logger: Logger, ready: Promise<void>): FastifyInstance {
  const app = fastify({
    logger: false,
    genReqId: () => newId('req', 12),
    forceCloseConnections: 'idle',
    keepAliveTimeout: 72_000,
    routerOptions: { querystringParser: parseForm },
  });
  app.addHook('onRequest', () => ready);
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => {
      done(null, parseForm(body.toString()));
    },
  );
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, body === '' ? {} : JSON.parse(body.toString()));
    } catch {
      done(Object.assign(new Error('The body is not valid JSON.'), { statusCode: 400 }), undefined);
    }
  });
  app.addHook('onError', (request, _reply, error, done) => {
    if (!('status' in error) && !('statusCode' in error))
      logger.error({ err: error, method: request.method }, 'sandbox failed to answer a request');
    done();
  });
  return app;
}
