import { postcodeValidatorExistsForCountry } from 'postcode-validator';
import type { Body } from './body.ts';
import { type FieldFailure, unprocessable } from './failure.ts';
import { newId, timestamp } from './ids.ts';
import type { AddressRecord, Verification } from './records.ts';
import { scenarioOf } from './scenario.ts';

/** @throws {EasyPostFailure} if the country is not a code of two letters */
export function addressOf(body: Body): AddressRecord {
  const country = body.text('country') ?? 'US';
  if (!/^[A-Za-z]{2}$/.test(country))
    throw unprocessable('ADDRESS.COUNTRY.INVALID', 'Invalid country. (sandbox)', [
      { field: 'country', message: 'is not a code of two letters' },
    ]);
  return {
    object: 'Address',
    id: newId('adr'),
    created_at: timestamp(),
    name: body.text('name'),
    company: body.text('company'),
    street1: body.text('street1'),
    street2: body.text('street2'),
    city: body.text('city'),
    state: body.text('state'),
    zip: body.text('zip'),
    country: country.toUpperCase(),
    phone: body.text('phone'),
    email: body.text('email'),
    residential: null,
    verifications: {},
  };
}

/**
 * Verifies an address. An address in the USA is answered as the postal service writes it: in capitals, with the ZIP+4 code. Any other is
 * answered as it is.
 */
export function verified(address: AddressRecord): AddressRecord {
  const errors = errorsIn(address);
  const inUsa = address.country === 'US';
  if (errors.length > 0) {
    const failed: Verification = { success: false, errors, details: null };
    return {
      ...address,
      verifications: { ...(inUsa && { zip4: failed }), delivery: { ...failed, details: {} } },
    };
  }
  const details = { latitude: 37.77551, longitude: -122.39697, time_zone: 'America/Los_Angeles' };
  const delivery: Verification = { success: true, errors: [], details: inUsa ? details : {} };
  if (!inUsa) return { ...address, verifications: { delivery } };
  const zip = address.zip ?? '';
  return {
    ...address,
    name: capitals(address.name),
    company: capitals(address.company),
    street1: capitals(address.street1),
    street2: capitals(address.street2),
    city: capitals(address.city),
    state: capitals(address.state),
    zip: /^\d{5}$/.test(zip) ? `${zip}-1234` : zip,
    residential: true,
    verifications: { zip4: { success: true, errors: [], details: null }, delivery },
  };
}

/** @throws {EasyPostFailure} EasyPost's answer to `verify_strict` for an address that does not exist */
export function requireVerified(address: AddressRecord): AddressRecord {
  const { delivery } = address.verifications;
  if (delivery?.success === false)
    throw unprocessable('ADDRESS.VERIFY.FAILURE', 'Unable to verify address.', delivery.errors);
  return address;
}

function errorsIn(address: AddressRecord): FieldFailure[] {
  const needsZip = postcodeValidatorExistsForCountry(address.country);
  const required = ['street1', 'city', ...(needsZip ? (['zip'] as const) : [])] as const;
  const missing = required.filter((field) => address[field] === null);
  if (scenarioOf(address) !== 'sandbox_refused' && missing.length === 0) return [];
  return [
    { code: 'E.ADDRESS.NOT_FOUND', field: 'address', message: 'Address not found', suggestion: null },
    ...missing.map((field): FieldFailure => ({
      code: 'E.INPUT.REQUIRED',
      field,
      message: 'is missing',
      suggestion: null,
    })),
  ];
}

const capitals = (text: string | null): string | null => text?.toUpperCase() ?? null;
