export interface Page<View> {
  data: View[];
  nextCursor?: string;
}

/**
 * One page of a list, with the cursor of the next page if there is one.
 *
 * @param found what was read with a limit of `limit + 1`: one more than the page has, if there is a next page
 */
export function toPage<T, View>(
  found: readonly T[],
  limit: number,
  toView: (item: T) => View,
  cursorOf: (last: T) => string,
): Page<View> {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return {
    data: items.map(toView),
    ...(found.length > limit && last !== undefined && { nextCursor: cursorOf(last) }),
  };
}
