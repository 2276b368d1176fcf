/** One line of an order with the catalogue's price; amounts in minor units. */
export interface PricedLine {
  quantity: number;
  unitPrice: number;
}

/**
 * Minor units.
 *
 * @throws {RangeError} beyond the safe integers, where a sum would be wrong without notice
 */
export function lineTotal({ quantity, unitPrice }: PricedLine): number {
  return safe(quantity * unitPrice);
}

/**
 * Minor units.
 *
 * @throws {RangeError} beyond the safe integers
 */
export function orderTotal(lines: readonly PricedLine[]): number {
  return lines.reduce((sum, line) => safe(sum + lineTotal(line)), 0);
}

function safe(amount: number): number {
  if (!Number.isSafeInteger(amount))
    throw new RangeError(
      `Amount ${amount} is not a safe integer; an order must stay within ${Number.MAX_SAFE_INTEGER} minor units`,
    );
  return amount;
}
