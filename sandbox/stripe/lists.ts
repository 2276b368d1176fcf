import { invalidRequest, resourceMissing } from './failure.ts';
import type { Form } from './form.ts';
import { Params } from './params.ts';
import type { OrderedMap } from '../storage/ordered-map.ts';

const PAGINATION_PARAMS = ['limit', 'starting_after', 'ending_before', 'created', 'expand'];

export interface ListOptions<T> {
  readonly form: Form;
  /** The path for the member `url` of the response. */
  readonly url: string;
  /** The filters of this endpoint in addition to Stripe's pagination parameters. */
  readonly filters: readonly string[];
  readonly matches: (item: T, params: Params) => boolean;
  /** Returns the ids that an indexed filter selects, oldest first, or undefined to search all records. */
  readonly candidateIds?: ((params: Params) => readonly string[] | undefined) | undefined;
}

export interface Page<T> {
  readonly object: 'list';
  readonly data: readonly T[];
  readonly has_more: boolean;
  readonly url: string;
}

/** Returns one page, newest first, by Stripe's cursors (docs.stripe.com/api/pagination). */
export function list<T extends { readonly id: string; readonly created: number }>(
  records: OrderedMap<T>,
  { form, url, filters, matches, candidateIds }: ListOptions<T>,
): Page<T> {
  const params = new Params(form, [...PAGINATION_PARAMS, ...filters]);
  const limit = limitOf(params);
  const created = createdFilter(params);
  const candidates = candidateIds?.(params)?.flatMap((id) => records.get(id) ?? []);
  const count = candidates?.length ?? records.size;
  const at = (position: number): T | undefined =>
    candidates === undefined ? records.at(position) : candidates[position];
  const positionOf = (cursor: string, param: string): number => {
    const position =
      candidates === undefined
        ? records.positionOf(cursor)
        : candidates.findIndex((item) => item.id === cursor);
    if (position === undefined || position < 0) throw resourceMissing('object', cursor, param);
    return position;
  };

  const after = params.string('starting_after');
  const before = params.string('ending_before');
  if (after !== undefined && before !== undefined) {
    throw invalidRequest(
      undefined,
      'You can only specify one of starting_after or ending_before.',
      'ending_before',
    );
  }
  // `starting_after` reads older records, at descending positions. `ending_before` reads newer records, at ascending positions, and
  // reverses the page.
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
    // Records are in the sequence of their creation: all others are older too.
    if (item !== undefined && step < 0 && item.created < created.oldest) break;
    if (item === undefined || !created.includes(item.created) || !matches(item, params)) continue;
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
    throw invalidRequest(undefined, 'Invalid limit: must be between 1 and 100.', 'limit');
  return limit;
}

const COMPARISONS: Readonly<Record<string, (created: number, bound: number) => boolean>> = {
  gt: (created, bound) => created > bound,
  gte: (created, bound) => created >= bound,
  lt: (created, bound) => created < bound,
  lte: (created, bound) => created <= bound,
};

interface CreatedFilter {
  readonly includes: (created: number) => boolean;
  /** No time before this one is included. */
  readonly oldest: number;
}

/** `created=…` or `created[gte]=…`, in Unix seconds. */
function createdFilter(params: Params): CreatedFilter {
  const given = params.raw('created');
  if (given === undefined) return { includes: () => true, oldest: -Infinity };
  if (typeof given === 'string') {
    const exact = seconds(given);
    return { includes: (created) => created === exact, oldest: exact };
  }
  let oldest = -Infinity;
  const checks = Object.entries(given).map(([name, value]) => {
    const compare = COMPARISONS[name];
    if (compare === undefined)
      throw invalidRequest(
        'parameter_unknown',
        `Received unknown parameter: created[${name}]`,
        `created[${name}]`,
      );
    const bound = seconds(value);
    if (name.startsWith('gt')) oldest = Math.max(oldest, bound);
    return (created: number) => compare(created, bound);
  });
  return { includes: (created) => checks.every((check) => check(created)), oldest };
}

function seconds(value: Form[string]): number {
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : Number.NaN;
  if (Number.isNaN(number))
    throw invalidRequest(
      'parameter_invalid_integer',
      `Invalid timestamp: ${JSON.stringify(value)}`,
      'created',
    );
  return number;
}
