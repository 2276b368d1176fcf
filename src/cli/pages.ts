import type { Page } from '../../harness/api/queries.ts';

/** What the API allows. */
export const LARGEST_PAGE = 100;

/** Everything, page after page. */
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
