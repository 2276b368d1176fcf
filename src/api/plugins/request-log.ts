import type { Api } from '../lib/types.ts';

/** At level debug, logs each request by the pattern of its route, and never by its URL, which may name a customer. */
export function addRequestLog(app: Api): void {
  if (app.log.level !== 'debug' && app.log.level !== 'trace') return;
  app.addHook('onResponse', (request, reply, done) => {
    request.log.debug(
      {
        reqId: request.id,
        method: request.method,
        route: request.routeOptions.url,
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime * 10) / 10,
      },
      'the API answered a request',
    );
    done();
  });
}
