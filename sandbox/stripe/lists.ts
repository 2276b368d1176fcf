import { invalid, missing } from './failure.ts';
import type { Form } from './form.ts';
import { Params } from './params.ts';
import type { OrderedMap } from './ordered-map.ts';

const paging = ['limit', 'starting_after', 'ending_before', 'created', 'expand'];

export interface ListOptions<T> {
  readonly form: Form;
  /** The path that the answer names as its own. */
  readonly url: string;
  /** Filters of this endpoint, beside Stripe's paging. */
  readonly filters: readonly string[];
  readonly matches: (item: T, params: Params) => boolean;
  /** Ids, oldest first, when a filter narrows the search to few; otherwise the whole shelf is walked. */
  readonly narrowedTo?: ((params: Params) => readonly string[] | undefined) | undefined;
}

export interface Page<T> {
  readonly object: 'list';
  readonly data: readonly T[];
  readonly has_more: boolean;
  readonly url: string;
}

/** One page, newest first, by Stripe's cursors (docs.stripe.com/api/pagination). */
export function list<T extends { readonly id: string; readonly created: number }>(
  shelf: OrderedMap<T>,
  { form, url, filters, matches, narrowedTo }: ListOptions<T>,
): Page<T> {
  const params = new Params(form, [...paging, ...filters]);
  const limit = limitOf(params);
  const created = createdFilter(params);
  const few = narrowedTo?.(params)?.flatMap((id) => shelf.get(id) ?? []);
  const count = few?.length ?? shelf.size;
  const at = (position: number): T | undefined => (few === undefined ? shelf.at(position) : few[position]);
  const positionOf = (cursor: string, param: string): number => {
    const position =
      few === undefined ? shelf.positionOf(cursor) : few.findIndex((item) => item.id === cursor);
    if (position === undefined || position < 0) throw missing('object', cursor, param);
    return position;
  };

  const after = params.string('starting_after');
  const before = params.string('ending_before');
  if (after !== undefined && before !== undefined) {
    throw invalid(undefined, 'You can only specify one of starting_after or ending_before.', 'ending_before');
  }
  // Older than a cursor is a walk down; newer than a cursor is a walk up, whose page is then turned around.
  const step = before === undefined ? -1 : 1;
  const start =
    before === undefined
      ? after === undefined
        ? count
        : positionOf(after, 'starting_after')
      : positionOf(before, 'ending_before');
  const data: T[] = [];
  let more = false;
  for (let position = start + step; position >= 0 && position < count; position += step) {
    const item = at(position);
    if (item === undefined || !created(item.created) || !matches(item, params)) continue;
    if (data.length === limit) {
      more = true;
      break;
    }
    data.push(item);
  }
  return { object: 'list', data: step === 1 ? data.reverse() : data, has_more: more, url };
}

export function limitOf(params: Params): number {
  const limit = params.integer('limit') ?? 10;
  if (limit < 1 || limit > 100)
    throw invalid(undefined, 'Invalid limit: must be between 1 and 100.', 'limit');
  return limit;
}

const comparisons: Readonly<Record<string, (created: number, bound: number) => boolean>> = {
  gt: (created, bound) => created > bound,
  gte: (created, bound) => created >= bound,
  lt: (created, bound) => created < bound,
  lte: (created, bound) => created <= bound,
};

/** `created=…` or `created[gte]=…`, in Unix seconds. */
function createdFilter(params: Params): (created: number) => boolean {
  const given = params.raw('created');
  if (given === undefined) return () => true;
  if (typeof given === 'string') {
    const exact = seconds(given);
    return (created) => created === exact;
  }
  const checks = Object.entries(given).map(([name, value]) => {
    const compare = comparisons[name];
    if (compare === undefined)
      throw invalid('parameter_unknown', `Received unknown parameter: created[${name}]`, `created[${name}]`);
    const bound = seconds(value);
    return (created: number) => compare(created, bound);
  });
  return (created) => checks.every((check) => check(created));
}

function seconds(value: Form[string]): number {
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : Number.NaN;
  if (Number.isNaN(number))
    throw invalid('parameter_invalid_integer', `Invalid timestamp: ${JSON.stringify(value)}`, 'created');
  return number;
}
