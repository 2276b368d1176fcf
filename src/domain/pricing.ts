/** One line of an order with the catalogue's price; amounts in minor units. */
export interface PricedLine {
  quantity: number;
  unitPrice: number;
}

/** Minor units. Throws RangeError beyond the safe integers, where sums would silently be wrong. */
export function lineTotal({ quantity, unitPrice }: PricedLine): number {
  return safe(quantity * unitPrice);
}

/** Minor units. Throws RangeError beyond the safe integers. */
export function orderTotal(lines: readonly PricedLine[]): number {
  return lines.reduce((sum, line) => safe(sum + lineTotal(line)), 0);
}

function safe(amount: number): number {
  if (!Number.isSafeInteger(amount)) throw new RangeError('The amount is too large to be counted exactly');
  return amount;
}
