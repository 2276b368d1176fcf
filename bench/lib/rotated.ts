/** The same items in the same cyclic order, beginning `by` places later: each round begins with another item. */
export const rotated = <T>(items: readonly T[], by: number): T[] => {
  const start = items.length === 0 ? 0 : by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
};
