import rateLimit from '@fastify/rate-limit';
import { Problem } from '../../contracts/errors.ts';
import type { Api } from '../lib/types.ts';

/** Limits the requests a minute of each API key, or of each IP address where no key is needed. Health checks are not limited. */
export async function addRateLimit(app: Api, perMinute: number): Promise<void> {
  await app.register(rateLimit, {
    max: perMinute,
    timeWindow: 60_000,
    keyGenerator: ({ apiClient, ip }) => (apiClient ? `key:${apiClient.keyId}` : `ip:${ip}`),
    errorResponseBuilder: (_request, { max, ttl }) =>
      new Problem(
        'rate_limited',
        `${max} requests a minute are allowed. Try again in ${Math.ceil(ttl / 1000)} s.`,
      ),
  });
}
