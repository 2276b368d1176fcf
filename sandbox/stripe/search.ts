import { invalidRequest } from './failure.ts';
import type { Form } from './form.ts';
import type { Ledger } from './ledger.ts';
import { limitOf } from './lists.ts';
import { Params } from './params.ts';
import type { PaymentIntentRecord } from './records.ts';

interface Clause {
  readonly negated: boolean;
  readonly field: string;
  readonly operator: ':' | '~' | '>' | '<' | '>=' | '<=';
  readonly value: string;
}

export interface SearchPage {
  readonly object: 'search_result';
  readonly data: readonly PaymentIntentRecord[];
  readonly has_more: boolean;
  readonly next_page: string | null;
  readonly url: string;
}

/**
 * `GET /v1/payment_intents/search`: Stripe's query language (docs.stripe.com/search) for PaymentIntents:
 * `metadata['key']:'value'`, status, currency, customer, amount, created, joined by AND or by OR. Newest first. Stripe's search
 * index lags by up to a minute; this one by `searchLagMs`.
 */
export function searchIntents(ledger: Ledger, form: Form): SearchPage {
  const params = new Params(form, ['query', 'limit', 'page', 'expand']);
  const { clauses, any } = parseQuery(params.required('query'));
  const limit = limitOf(params);
  const isIndexed = ({ created }: PaymentIntentRecord): boolean =>
    ledger.searchLagMs === 0 || created * 1000 < Date.now() - ledger.searchLagMs;
  const matches = (intent: PaymentIntentRecord): boolean =>
    isIndexed(intent) &&
    (any
      ? clauses.some((clause) => matchesClause(clause, intent))
      : clauses.every((clause) => matchesClause(clause, intent)));
  const found = [...candidates(ledger, clauses, any)].filter(matches).reverse();
  const page = params.string('page');
  const start = page === undefined ? 0 : found.findIndex((intent) => intent.id === page);
  if (start < 0) throw invalidRequest(undefined, `Invalid page: ${page ?? ''}`, 'page');
  const next = found[start + limit]?.id ?? null;
  return {
    object: 'search_result',
    data: found.slice(start, start + limit),
    has_more: next !== null,
    next_page: next,
    url: '/v1/payment_intents/search',
  };
}

/** Uses the index of order ids or the sequence of creation if possible, because the ledger may be large. Oldest first. */
function candidates(ledger: Ledger, clauses: readonly Clause[], any: boolean): Iterable<PaymentIntentRecord> {
  const exact = (name: string): Clause | undefined =>
    clauses.find(({ field, operator, negated }) => field === name && operator === ':' && !negated);
  const byOrder = exact('metadata.order_id');
  if (!any && byOrder !== undefined)
    return ledger.intentIdsOf(byOrder.value).flatMap((id) => ledger.intents.get(id) ?? []);
  const byTime = exact('created');
  return !any && byTime !== undefined
    ? createdSince(ledger, Number(byTime.value)).reverse()
    : ledger.intents.values();
}

/** Newest first. Records are in the sequence of their creation. */
function createdSince({ intents }: Ledger, oldest: number): PaymentIntentRecord[] {
  const found: PaymentIntentRecord[] = [];
  for (let position = intents.size - 1; position >= 0; position -= 1) {
    const intent = intents.at(position);
    if (intent !== undefined && intent.created < oldest) break;
    if (intent !== undefined) found.push(intent);
  }
  return found;
}

const CLAUSE_PATTERN =
  /\s*(-)?(?:metadata\[(?:'((?:[^'\\]|\\.)+)'|"((?:[^"\\]|\\.)+)")\]|([a-z_]+))\s*(:|~|>=|<=|>|<)\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|(-?\w+))\s*/y;
const JOIN_PATTERN = /(AND|OR)\b/iy;
const SEARCH_FIELDS = new Set(['amount', 'created', 'currency', 'customer', 'status']);

function parseQuery(query: string): { clauses: Clause[]; any: boolean } {
  const clauses: Clause[] = [];
  const joins = new Set<string>();
  let at = 0;
  while (at < query.length) {
    CLAUSE_PATTERN.lastIndex = at;
    const match = CLAUSE_PATTERN.exec(query);
    if (match === null) throw malformed(query);
    const [, minus, single, double, field, operator, quoted, doubleQuoted, bare] = match;
    const key = single ?? double;
    if (key === undefined && !SEARCH_FIELDS.has(field ?? ''))
      throw invalidRequest(
        undefined,
        `Field \`${field ?? ''}\` is an unsupported search field for resource \`payment_intents\`.`,
        'query',
      );
    clauses.push({
      negated: minus !== undefined,
      field: key === undefined ? (field ?? '') : `metadata.${unescape(key)}`,
      operator: operator as Clause['operator'],
      value: unescape(quoted ?? doubleQuoted ?? bare ?? ''),
    });
    at = CLAUSE_PATTERN.lastIndex;
    if (at >= query.length) break;
    JOIN_PATTERN.lastIndex = at;
    const join = JOIN_PATTERN.exec(query);
    if (join?.[1] === undefined) throw malformed(query);
    joins.add(join[1].toUpperCase());
    at = JOIN_PATTERN.lastIndex;
    if (query.slice(at).trim() === '') throw malformed(query);
  }
  if (clauses.length === 0 || joins.size > 1) throw malformed(query);
  return { clauses, any: joins.has('OR') };
}

function malformed(query: string) {
  const message = `We were unable to parse your search query: ${query}. Try checking your search query for formatting mistakes, such as a missing quote, or AND and OR mixed.`;
  return invalidRequest(undefined, message, 'query');
}

function unescape(text: string): string {
  return text.replace(/\\(.)/g, '$1');
}

function matchesClause(clause: Clause, intent: PaymentIntentRecord): boolean {
  return compare(clause, valueOf(clause.field, intent)) !== clause.negated;
}

function valueOf(field: string, intent: PaymentIntentRecord): string | number | null | undefined {
  if (field.startsWith('metadata.')) return intent.metadata[field.slice('metadata.'.length)];
  switch (field) {
    case 'amount':
    case 'created':
    case 'currency':
    case 'customer':
    case 'status':
      return intent[field];
    default:
      return undefined;
  }
}

function compare({ operator, value }: Clause, actual: string | number | null | undefined): boolean {
  if (actual === null || actual === undefined) return false;
  switch (operator) {
    case ':':
      return String(actual) === value;
    case '~':
      return String(actual).toLowerCase().includes(value.toLowerCase());
    case '>':
      return Number(actual) > Number(value);
    case '<':
      return Number(actual) < Number(value);
    case '>=':
      return Number(actual) >= Number(value);
    case '<=':
      return Number(actual) <= Number(value);
  }
}
