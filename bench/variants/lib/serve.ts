import { fastify, type FastifyRequest } from 'fastify';

export interface PlacedOrder {
  readonly orderId: string;
  readonly status: string;
}

/**
 * Serves `POST /v1/orders` with as little code as an HTTP endpoint needs, and reports by IPC when it is ready. SIGTERM, or the end
 * of the benchmark, stops the server, then calls `stop`, and ends the process.
 */
export async function serve(
  place: (request: FastifyRequest, key: string) => Promise<PlacedOrder>,
  stop: () => Promise<void>,
): Promise<void> {
  const app = fastify();
  app.post('/v1/orders', (request) => place(request, String(request.headers['idempotency-key'])));
  await app.listen({ host: '127.0.0.1', port: Number(setting('PORT')) });
  const end = (): void => {
    app
      .close()
      .then(stop)
      .then(
        () => process.exit(0),
        () => process.exit(1),
      );
  };
  process.once('SIGTERM', end);
  process.once('disconnect', end);
  process.send?.({ type: 'ready' });
}

/** An environment variable that the benchmark sets for the variant. */
export function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined)
    throw new Error(`${name} is not set: a variant is started by the benchmark, not by hand`);
  return value;
}
