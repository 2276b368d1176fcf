import type { FieldError } from '../../contracts/errors.ts';
import type { CarrierAddress, CorrectableField } from '../../contracts/ports/carrier.ts';

/** EasyPost's names of the fields that it may correct. */
export const FIELD_NAMES = {
  line1: 'street1',
  line2: 'street2',
  city: 'city',
  state: 'state',
  postalCode: 'zip',
  country: 'country',
} as const satisfies Record<CorrectableField, string>;

const ownNames = new Map<string, string>(Object.entries(FIELD_NAMES).map(([own, theirs]) => [theirs, own]));

export interface EasyPostAddress {
  name: string;
  street1: string;
  street2?: string;
  city: string;
  state?: string;
  zip?: string;
  country: string;
  phone?: string;
  email?: string;
}

export function toEasyPost(address: CarrierAddress): EasyPostAddress {
  const { name, line1, line2, city, state, postalCode, country, phone, email } = address;
  return {
    name,
    street1: line1,
    ...(line2 !== undefined && { street2: line2 }),
    city,
    ...(state !== undefined && { state }),
    ...(postalCode !== undefined && { zip: postalCode }),
    country,
    ...(phone !== undefined && { phone }),
    ...(email !== undefined && { email }),
  };
}

/** Reads EasyPost's `errors`: a list of texts, of `{field, message}`, or of `{carrier, message}`. */
export function fieldErrorsOf(errors: unknown): FieldError[] {
  if (!Array.isArray(errors)) return [];
  return errors.flatMap((each: unknown) => {
    if (typeof each === 'string') return { field: 'shipment', message: each };
    if (typeof each !== 'object' || each === null || !('message' in each)) return [];
    const { message } = each;
    if (typeof message !== 'string') return [];
    const field = textIn(each, 'field') ?? textIn(each, 'carrier') ?? 'shipment';
    return { field: ownNames.get(field) ?? field, message };
  });
}

function textIn(value: object, name: string): string | undefined {
  const found: unknown = Object.entries(value).find(([key]) => key === name)?.[1];
  return typeof found === 'string' && found !== '' ? found : undefined;
}
