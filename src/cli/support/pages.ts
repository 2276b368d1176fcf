import type { Page } from '../../../harness/api/queries.ts';

/** The largest page that the API allows. */
export const MAX_PAGE_SIZE = 100;

/** The items of all pages. */
export async function allPages<T>(read: (cursor: string | undefined) => Promise<Page<T>>): Promise<T[]> {
  const all: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await read(cursor);
    all.push(...page.data);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return all;
}
