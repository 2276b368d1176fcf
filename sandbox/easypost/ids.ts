import { randomBytes, randomInt } from 'node:crypto';

/** Returns a new id in EasyPost's format: a prefix and 32 hexadecimal digits. */
export const newId = (prefix: string): string => `${prefix}_${randomBytes(16).toString('hex')}`;

/** Returns a new tracking code in the format of USPS. */
export const newTrackingCode = (): string =>
  `94001${Array.from({ length: 17 }, () => randomInt(10)).join('')}`;

/** Returns the time as EasyPost writes it, in whole seconds: `2026-03-01T12:00:00Z`. */
export const timestamp = (milliseconds = Date.now()): string =>
  new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');
