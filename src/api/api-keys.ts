import { createHash, timingSafeEqual } from 'node:crypto';

export const SCOPES = [
  'orders:read',
  'orders:write',
  'orders:review',
  'orders:repair',
  'payments:write',
  'stock:read',
  'stock:write',
  'mails:read',
  'stats:read',
  'audit:run',
  'dead-letters:read',
  'dead-letters:write',
  'webhooks:read',
  'webhooks:write',
] as const;
export type Scope = (typeof SCOPES)[number];

/** Whom a key stands for. Orders belong to the client, so a client's second key sees the orders of its first. */
export interface ApiClient {
  keyId: string;
  clientId: string;
  scopes: ReadonlySet<Scope>;
}

/** Knows the clients by their keys. Stored keys answer a promise, fixed ones at once. */
export interface ApiKeys {
  find(key: string): ApiClient | undefined | Promise<ApiClient | undefined>;
}

/** The id of the client that acts with the development key, by whatever way in. */
export const DEVELOPMENT_CLIENT = 'development';

/** The one key of a laptop, from `CHECKOUT_API_KEY`, with every scope. */
export function developmentKey(key: string): ApiKeys {
  const client: ApiClient = {
    keyId: DEVELOPMENT_CLIENT,
    clientId: DEVELOPMENT_CLIENT,
    scopes: new Set(SCOPES),
  };
  const expected = hashOf(key);
  // Hashes have one length and tell nothing by how long their comparison takes.
  return { find: (given) => (timingSafeEqual(hashOf(given), expected) ? client : undefined) };
}

const hashOf = (key: string): Buffer => createHash('sha256').update(key).digest();
