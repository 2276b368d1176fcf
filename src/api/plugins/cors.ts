import cors from '@fastify/cors';
import type { Api } from '../lib/types.ts';

/** What the routes read of a request beside its body. */
const REQUEST_HEADERS = ['Authorization', 'Content-Type', 'Idempotency-Key', 'Last-Event-ID', 'Prefer'];
/** What a page may read of a response beside its body. */
const RESPONSE_HEADERS = ['Location', 'Preference-Applied', 'Idempotency-Replayed', 'Retry-After'];
/** How long a browser keeps the answer to a preflight request. Seconds. */
const PREFLIGHT_MAX_AGE = 600;

/**
 * Lets pages of these origins call the API from a browser. Without origins nothing is added: a browser then refuses such a call. Add it
 * before everything else that can answer, so that a page can read problems too.
 */
export async function addCors(app: Api, origins: readonly string[]): Promise<void> {
  if (origins.length === 0) return;
  await app.register(cors, {
    origin: [...origins],
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: REQUEST_HEADERS,
    exposedHeaders: RESPONSE_HEADERS,
    maxAge: PREFLIGHT_MAX_AGE,
    strictPreflight: false,
  });
}
