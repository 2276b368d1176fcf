import type { TraceRequest } from '../../contracts/ports/tracing.ts';
import type { Api } from '../lib/types.ts';

/** Runs each request in a trace, which ends when the answer is sent or the client has gone. Add it before all other hooks. */
export function addRequestTracing(app: Api, trace: TraceRequest): void {
  app.addHook('onRequest', (request, reply, done) => {
    const ended = trace(
      {
        method: request.method,
        route: request.routeOptions.url,
        scheme: request.protocol,
        headers: request.headers,
      },
      done,
    );
    reply.raw.once('close', () => {
      ended(reply.raw.statusCode);
    });
  });
}
