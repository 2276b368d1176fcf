import type { Api } from '../types.ts';

/** Milliseconds. */
const SWEEP_MS = 20;

/**
 * Lets the server end as soon as its last answer is sent. By itself it would also wait for the connections of those
 * answers, which clients keep open for their next request, for more than a minute.
 */
export function addClosing(app: Api): void {
  app.addHook('preClose', (done) => {
    const { server } = app;
    if (server.listening) {
      const sweep = setInterval(() => {
        server.closeIdleConnections();
      }, SWEEP_MS);
      server.once('close', () => {
        clearInterval(sweep);
      });
    }
    done();
  });
}
