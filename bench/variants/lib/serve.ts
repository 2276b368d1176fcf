import { fastify, type FastifyRequest } from 'fastify';

export interface Answer {
  readonly orderId: string;
  readonly status: string;
}

/** For the plain form and the floor: the least of an HTTP endpoint, and the end of the process at SIGTERM. */
export async function serve(
  place: (request: FastifyRequest, key: string) => Promise<Answer>,
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

/** A variable that the benchmark has given us. */
export function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}
