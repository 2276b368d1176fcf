import { createHash } from 'node:crypto';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const HASH_BYTES = 20;

/** What {@link orderIdOf} makes; anything else is not the id of an order. */
const ORDER_ID = /^ord_[0-9a-hjkmnp-tv-z]{32}$/;

export const isOrderId = (text: string): boolean => ORDER_ID.test(text);

/**
 * The id of the order that this client places with this idempotency key: 160 bits of SHA-256 in Crockford's base 32.
 * The same two always give the same id, by whatever way in they come, so a repeat can only ever mean the same order;
 * and a key says nothing about the orders of another client.
 */
export const orderIdOf = (clientId: string, key: string): string => `ord_${idOf(clientId, key)}`;

/** The id of what is done with an order under this idempotency key; it begins with the order's own. */
export const operationId = (orderId: string, operation: 'refund' | 'capture', key: string): string =>
  `${orderId}/${operation}/${idOf(orderId, key)}`;

/** Both parts carry their length, or ("a", "bc") and ("ab", "c") would be one. */
function idOf(owner: string, key: string): string {
  const hash = createHash('sha256')
    .update(`${Buffer.byteLength(owner)}:${owner}${Buffer.byteLength(key)}:${key}`)
    .digest();
  let id = '';
  let bits = 0;
  let value = 0;
  for (const byte of hash.subarray(0, HASH_BYTES)) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      id += ALPHABET.charAt((value >>> bits) & 31);
    }
    value &= 31;
  }
  return id;
}
