import rateLimit from '@fastify/rate-limit';
import { Problem } from '../../contracts/errors.ts';
import type { Api } from '../types.ts';

/** So many requests a minute for each API key; what needs no key is counted by address, and health checks not at all. */
export async function addRateLimit(app: Api, perMinute: number): Promise<void> {
  await app.register(rateLimit, {
    max: perMinute,
    timeWindow: 60_000,
    keyGenerator: ({ apiClient, ip }) => (apiClient ? `key:${apiClient.keyId}` : `ip:${ip}`),
    errorResponseBuilder: (_request, { max, ttl }) =>
      new Problem(
        'rate_limited',
        `This key may make ${max} requests a minute; try again in ${Math.ceil(ttl / 1000)} s.`,
      ),
  });
}
