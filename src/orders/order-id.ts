import { createHash } from 'node:crypto';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const HASH_BYTES = 20;

/** Matches every id that {@link orderIdOf} makes. */
const ORDER_ID = /^ord_[0-9a-hjkmnp-tv-z]{32}$/;

export const isOrderId = (text: string): boolean => ORDER_ID.test(text);

/**
 * The id of the order that this client places with this idempotency key: 160 bits of SHA-256 in Crockford's base 32.
 * The same client and key always give the same id, by HTTP and by message, so that a repeat is always the same order. The
 * same key of another client is another order.
 */
export const orderIdOf = (clientId: string, key: string): string => `ord_${idOf(clientId, key)}`;

/** The id of the refund, capture or cancellation of lines under this idempotency key. It begins with the order's id. */
export const operationId = (
  orderId: string,
  operation: 'refund' | 'capture' | 'cancel',
  key: string,
): string => `${orderId}/${operation}/${idOf(orderId, key)}`;

/** Matches every id that {@link returnIdOf} makes. */
const RETURN_ID = /^ret_[0-9a-hjkmnp-tv-z]{32}$/;

export const isReturnId = (text: string): boolean => RETURN_ID.test(text);

/** The id of the return of goods of this order under this idempotency key. */
export const returnIdOf = (orderId: string, key: string): string => `ret_${idOf(orderId, key)}`;

/** The ids of the receipt of this return under this idempotency key, and of its refund. */
export function receiptIdsOf(
  orderId: string,
  returnId: string,
  key: string,
): { receiptId: string; refundId: string } {
  const receiptId = idOf(returnId, key);
  return { receiptId, refundId: `${orderId}/refund/${receiptId}` };
}

/** Each part is hashed with its length before it, or ("a", "bc") and ("ab", "c") would have the same id. */
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
