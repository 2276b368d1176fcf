import { createHash } from 'node:crypto';

/** The id of the batch that this client plans with this idempotency key: the same key is the same batch, without a limit of time. */
export const batchIdOf = (clientId: string, key: string): string =>
  `bat_${createHash('sha256')
    .update(JSON.stringify([clientId, key]))
    .digest('hex')
    .slice(0, 32)}`;

/** Matches every id that {@link batchIdOf} makes. */
export const isBatchId = (text: string): boolean => /^bat_[0-9a-z]{32}$/.test(text);

/** The idempotency key of a batch's operation on an order: an order that has its turn twice has one operation. */
export const operationKeyOf = (batchId: string, orderId: string): string => `batch/${batchId}/${orderId}`;
