import type { OrderedMap } from '../storage/ordered-map.ts';
import type { Body } from './body.ts';
import { notFound, unprocessable } from './failure.ts';

const DEFAULT_PAGE_SIZE = 20;
const MAX_PAGE_SIZE = 100;
const MONTH_MS = 30 * 24 * 60 * 60 * 1000;

export interface Page<T> {
  readonly items: readonly T[];
  readonly hasMore: boolean;
}

/**
 * Returns one page, newest first. Without both ends of the time, the list covers the last month, or one month from the given end.
 * @see https://docs.easypost.com/docs/pagination
 */
export function pageOf<T extends { readonly id: string; readonly created_at: string }>(
  records: OrderedMap<T>,
  query: Body,
  matches: (item: T) => boolean = () => true,
): Page<T> {
  const size = query.number('page_size') ?? DEFAULT_PAGE_SIZE;
  if (!Number.isInteger(size) || size < 1 || size > MAX_PAGE_SIZE)
    throw unprocessable('PARAMETER.INVALID', 'Invalid page size. (sandbox)', [
      { field: 'page_size', message: `must be a whole number from 1 to ${MAX_PAGE_SIZE}` },
    ]);
  const [start, end] = rangeOf(query);
  const before = positionOf(records, query.text('before_id')) ?? records.size;
  const after = positionOf(records, query.text('after_id')) ?? -1;
  const items: T[] = [];
  for (let position = before - 1; position > after; position -= 1) {
    const item = records.at(position);
    const created = Date.parse(item?.created_at ?? '');
    if (item === undefined || created < start || created > end || !matches(item)) continue;
    if (items.length === size) return { items, hasMore: true };
    items.push(item);
  }
  return { items, hasMore: false };
}

function rangeOf(query: Body): [start: number, end: number] {
  const start = timeIn(query, 'start_datetime');
  const end = timeIn(query, 'end_datetime');
  if (start !== null) return [start, end ?? start + MONTH_MS];
  return [(end ?? Date.now()) - MONTH_MS, end ?? Infinity];
}

function timeIn(query: Body, name: string): number | null {
  const text = query.text(name);
  if (text === null) return null;
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw unprocessable('DATE.PARSE.FAILURE', `Unable to parse ${name}. (sandbox)`);
  return time;
}

function positionOf<T extends { readonly id: string }>(
  records: OrderedMap<T>,
  id: string | null,
): number | undefined {
  if (id === null) return undefined;
  const position = records.positionOf(id);
  if (position === undefined) throw notFound();
  return position;
}
