import { createHash, timingSafeEqual } from 'node:crypto';

export const SCOPES = [
  'orders:read',
  'orders:write',
  'orders:review',
  'orders:repair',
  'payments:write',
  'stock:read',
  'stock:write',
  'subscriptions:write',
  'fulfilment:write',
  'disputes:read',
  'returns:read',
  'returns:write',
  'mails:read',
  'stats:read',
  'settings:read',
  'audit:run',
  'brakes:read',
  'brakes:write',
  'batches:read',
  'batches:write',
  'customers:reveal',
  'log:read',
  'dead-letters:read',
  'dead-letters:write',
  'webhooks:read',
  'webhooks:write',
] as const;
export type Scope = (typeof SCOPES)[number];

/** The client that a key authenticates. Orders belong to the client, so that all of its keys see the same orders. */
export interface ApiClient {
  keyId: string;
  clientId: string;
  scopes: ReadonlySet<Scope>;
}

/** Finds the client of a key. A promise where the keys are stored, at once where they are fixed. */
export interface ApiKeys {
  find(key: string): ApiClient | undefined | Promise<ApiClient | undefined>;
  /** Finds the client of a key by the key's {@link keyHashOf}. `undefined` as soon as the key is not valid any more. */
  findByHash(keyHash: string): ApiClient | undefined | Promise<ApiClient | undefined>;
}

/** SHA-256 of a key, as hex. */
export const keyHashOf = (key: string): string => hashOf(key).toString('hex');

/** The client id of the development key, by HTTP and by message. */
export const DEVELOPMENT_CLIENT = 'development';

/** One fixed key, from `CHECKOUT_API_KEY`, with every scope. */
export function developmentKey(key: string): ApiKeys {
  const client: ApiClient = {
    keyId: DEVELOPMENT_CLIENT,
    clientId: DEVELOPMENT_CLIENT,
    scopes: new Set(SCOPES),
  };
  const expected = hashOf(key);
  // Hashes have the same length, and the time of their comparison reveals nothing about the key.
  return {
    find: (given) => (timingSafeEqual(hashOf(given), expected) ? client : undefined),
    findByHash: (keyHash) => (keyHash === expected.toString('hex') ? client : undefined),
  };
}

const hashOf = (key: string): Buffer => createHash('sha256').update(key).digest();
