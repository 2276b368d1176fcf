import { InvalidArgumentError } from 'commander';
import type { OrderLineRequest } from '../../contracts/http/order.ts';
import type { ReceiptRequest } from '../../contracts/http/returns.ts';
import type { LineQuantity } from '../../contracts/http/shipments.ts';
import { DISPOSITIONS } from '../../contracts/shipping-states.ts';

/** Parsers of option values. Each throws an `InvalidArgumentError`, which commander reports with the name of the option. */

/** A whole number that is at least `min`. */
export const wholeNumber =
  (min: number) =>
  (text: string): number => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!Number.isSafeInteger(value) || value < min)
      throw new InvalidArgumentError(`It must be a whole number, at least ${min}.`);
    return value;
  };

export function positiveNumber(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0)
    throw new InvalidArgumentError('It must be a number greater than 0.');
  return value;
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `500ms`, `30s`, `5m`, `1h`, or seconds without a unit. Returns milliseconds. */
export function duration(text: string): number {
  const [, amount, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? [];
  const factor = UNIT_MS[unit];
  if (amount === undefined || factor === undefined || Number(amount) <= 0)
    throw new InvalidArgumentError('It must be a duration such as 500ms, 30s, 5m or 1h.');
  return Number(amount) * factor;
}

/** A date or a time that JavaScript can parse, of a day that exists. Returns ISO 8601 in UTC. */
export function isoTime(text: string): string {
  const [date] = /^\d{4}-\d\d-\d\d/.exec(text) ?? [];
  const time = date !== undefined && isDay(date) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) throw new InvalidArgumentError('It must be a time such as 2026-01-31T12:00:00Z.');
  return new Date(time).toISOString();
}

/** JavaScript reads the 30th of February as a day in March. */
function isDay(date: string): boolean {
  const time = Date.parse(date);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(date);
}

/** A JSON value. */
export function jsonText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidArgumentError('It must be JSON.');
  }
}

/** A comma-separated list. Empty items are left out. */
export function list(text: string): string[] {
  const items = text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
  if (items.length === 0) throw new InvalidArgumentError('It must be a comma-separated list.');
  return items;
}

/** `1x2`: two pieces of line 1. Returns the lines given before and this one. */
export function lineQuantity(text: string, before: LineQuantity[] = []): LineQuantity[] {
  const [, line, quantity = '1'] = /^(\d+)(?:x(\d+))?$/.exec(text) ?? [];
  if (line === undefined || Number(line) < 1 || Number(quantity) < 1)
    throw new InvalidArgumentError('It must be the number of a line and of its pieces, such as 1x2.');
  return [...before, { line: Number(line), quantity: Number(quantity) }];
}

/** `1x2=restocked`: what became of two pieces of line 1. Returns the lines given before and this one. */
export function receivedPieces(text: string, before: ReceiptRequest['lines'] = []): ReceiptRequest['lines'] {
  const [, pieces = '', what] = /^([^=]+)=(\w+)$/.exec(text) ?? [];
  const disposition = DISPOSITIONS.find((each) => each === what);
  if (disposition === undefined)
    throw new InvalidArgumentError(
      `It must be such as 1x2=restocked, with one of ${DISPOSITIONS.join(', ')}.`,
    );
  return [...before, ...lineQuantity(pieces).map((each) => ({ ...each, disposition }))];
}

/** `mug-01=2`. Returns the lines given before and this one. */
export function orderLine(text: string, before: OrderLineRequest[] = []): OrderLineRequest[] {
  const [, sku, quantity] = /^([^=]+)=(\d+)$/.exec(text) ?? [];
  if (sku === undefined || quantity === undefined)
    throw new InvalidArgumentError('It must be sku=quantity, such as mug-01=2.');
  return [...before, { sku, quantity: Number(quantity) }];
}
