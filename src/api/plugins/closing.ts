import type { Socket } from 'node:net';
import type { Api } from '../lib/types.ts';

/** How often idle connections are closed while the server closes. Milliseconds. */
const SWEEP_MS = 20;

/**
 * Closes the server as soon as its last response is sent. Without this it would wait, for more than a minute, for connections
 * that clients keep open for their next request, and for those that clients have opened in advance and not used yet.
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
