import { get, withQuery, type Page } from './client.ts';

/** What was read of a list so far. */
export interface Listed<T> {
  data: T[];
  /** There are more entries behind the last. */
  hasMore: boolean;
}

export const PAGE_SIZE = 100;

/**
 * Reads the first `pages` pages of a list, of a hundred entries each, one after another.
 *
 * @throws {ApiProblem}
 */
export async function readPages<T>(
  path: string,
  values: Record<string, string | number | boolean | undefined>,
  pages: number,
  signal: AbortSignal,
): Promise<Listed<T>> {
  const data: T[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < pages; page += 1) {
    const found = await get<Page<T>>(withQuery(path, { ...values, limit: PAGE_SIZE, cursor }), signal);
    data.push(...found.data);
    cursor = found.nextCursor;
    if (cursor === undefined) return { data, hasMore: false };
  }
  return { data, hasMore: true };
}
