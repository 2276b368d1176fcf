import { invalidRequest } from './failure.ts';
import type { LedgerRecord, RefundRecord } from './records.ts';
import { render, renderPaymentMethod } from './render.ts';

type Json = Record<string, unknown>;

/** Finds records by id: in the ledger, or in a transaction on the ledger. */
export interface Lookup {
  find(id: string): LedgerRecord | undefined;
  /** Oldest first. */
  refundsOf(charge: string): readonly RefundRecord[];
}

/** Replaces ids by the objects that they identify, along each of Stripe's `expand[]` paths (docs.stripe.com/api/expanding_objects). */
export function expand(lookup: Lookup, response: object, paths: readonly string[]): Json {
  const expanded: Json = { ...response };
  for (const path of paths) expandPath(lookup, expanded, path.split('.'), path);
  return expanded;
}

function expandPath(lookup: Lookup, parent: Json, [name, ...rest]: readonly string[], path: string): void {
  if (name === undefined) return;
  if (name === 'refunds' && parent['object'] === 'charge')
    parent['refunds'] ??= refundsOf(lookup, parent['id']);
  const value = parent[name];
  if (value === undefined)
    throw invalidRequest(undefined, `This property cannot be expanded (${path}).`, 'expand');
  if (value === null) return;
  if (Array.isArray(value)) {
    const items: unknown[] = value;
    parent[name] = items.map((item) => expandValue(lookup, item, rest, path));
    return;
  }
  parent[name] = expandValue(lookup, resolve(lookup, name, value, path), rest, path);
}

function expandValue(lookup: Lookup, value: unknown, rest: readonly string[], path: string): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const copy: Json = { ...value };
  expandPath(lookup, copy, rest, path);
  return copy;
}

function resolve(lookup: Lookup, name: string, value: unknown, path: string): unknown {
  if (typeof value !== 'string') return value;
  if (name === 'payment_method') return renderPaymentMethod(value);
  const record = lookup.find(value);
  if (record === undefined)
    throw invalidRequest(undefined, `This property cannot be expanded (${path}).`, 'expand');
  return render(record);
}

function refundsOf(lookup: Lookup, charge: unknown): object | undefined {
  if (typeof charge !== 'string') return undefined;
  const refunds = lookup.refundsOf(charge);
  const data = refunds.slice(-10).reverse().map(render);
  return { object: 'list', data, has_more: refunds.length > 10, url: `/v1/charges/${charge}/refunds` };
}
