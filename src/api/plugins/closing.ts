import type { Socket } from 'node:net';
import type { Api } from '../types.ts';

/** Milliseconds. */
const SWEEP_MS = 20;

/**
 * Lets the server end as soon as its last answer is sent. By itself it would also wait for the connections of those
 * answers, which clients keep open for their next request, and for those that clients have opened in advance and asked
 * nothing by: for more than a minute.
 */
export function addClosing(app: Api): void {
  const { server } = app;
  const connections = new Set<Socket>();
  server.on('connection', (socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });

  app.addHook('preClose', (done) => {
    if (server.listening) {
      const sweep = setInterval(() => {
        server.closeIdleConnections();
        for (const socket of connections) if (socket.bytesRead === 0) socket.destroy();
      }, SWEEP_MS);
      server.once('close', () => {
        clearInterval(sweep);
      });
    }
    done();
  });
}
