/**
 * The money of the pieces from `from` to `to` of a line of `quantity` pieces that costs `amount`, in minor units. Rounding is
 * cumulative, so that the parts of a line sum to its amount in whichever portions they are taken. The SQL function `line_share` has
 * the same rule.
 */
export function lineShare(amount: number, quantity: number, from: number, to: number): number {
  const upTo = (pieces: number): bigint => (BigInt(amount) * BigInt(pieces)) / BigInt(quantity);
  return Number(upTo(to) - upTo(from));
}
