import type { AnsweredRequest } from '../../contracts/ports/answered-request.ts';
import type { Api } from '../lib/types.ts';

/** Calls the observer after each answer, with the template of the route and never with the URL, which may name a customer. */
export function addRequestObserver(app: Api, observe: (request: AnsweredRequest) => void): void {
  app.addHook('onResponse', (request, reply, done) => {
    observe({
      method: request.method,
      route: request.routeOptions.url,
      status: reply.statusCode,
      isPaused: request.problemCode === 'intake_paused',
      seconds: reply.elapsedTime / 1_000,
      isStream: String(reply.getHeader('content-type') ?? '').startsWith('text/event-stream'),
    });
    done();
  });
}
