import {
  type AddressVerification,
  type CarrierAddress,
  CarrierRefused,
  CarrierUnavailable,
  CORRECTABLE_FIELDS,
  type CorrectableField,
} from '../../contracts/ports/carrier.ts';
import type { EasyPost } from './client.ts';
import { calling } from './errors.ts';
import { FIELD_NAMES, fieldErrorsOf, toEasyPost } from './fields.ts';
import { nullable } from './nullable.ts';

/** The account or EasyPost cannot verify addresses of this country: that says nothing against the address. */
const NOT_VERIFIABLE = /VERIFY\.(INTL_NOT_ENABLED|ONLY_US)$/;
const TRY_AGAIN = /VERIFY\.(UPSTREAM_)?UNAVAILABLE$/;

/** Verifies an address. @see https://docs.easypost.com/docs/addresses#verify-an-address */
export async function verifyAddress(
  easypost: EasyPost,
  address: CarrierAddress,
): Promise<AddressVerification> {
  try {
    const { verifications, ...verified } = await calling(() =>
      easypost.Address.create({ ...toEasyPost(address), verify: true }),
    );
    // EasyPost leaves `delivery` out if it has not verified the address.
    const delivery = nullable(verifications.delivery);
    if (delivery?.success !== false) return { result: 'ok', corrections: correctionsOf(address, verified) };
    const codes = delivery.errors.map(({ code }): string => code);
    if (codes.some((code) => TRY_AGAIN.test(code))) throw new CarrierUnavailable(codes.join(' '));
    if (codes.some((code) => NOT_VERIFIABLE.test(code))) return { result: 'ok', corrections: {} };
    return refused(fieldErrorsOf(delivery.errors));
  } catch (error) {
    if (!(error instanceof CarrierRefused) || !error.code.startsWith('ADDRESS.')) throw error;
    return NOT_VERIFIABLE.test(error.code)
      ? { result: 'ok', corrections: {} }
      : refused(error.errors, error.code);
  }
}

function refused(
  errors: Extract<AddressVerification, { result: 'refused' }>['errors'],
  code = 'Address not found',
): AddressVerification {
  return {
    result: 'refused',
    errors: errors.length > 0 ? errors : [{ field: 'address', message: code }],
  };
}

function correctionsOf(
  address: CarrierAddress,
  verified: Partial<Record<(typeof FIELD_NAMES)[CorrectableField], string | null>>,
): Partial<Record<CorrectableField, string>> {
  const corrections: Partial<Record<CorrectableField, string>> = {};
  for (const field of CORRECTABLE_FIELDS) {
    const corrected = verified[FIELD_NAMES[field]] ?? '';
    if (comparable(corrected) !== comparable(address[field] ?? '')) corrections[field] = corrected;
  }
  return corrections;
}

const comparable = (text: string): string => text.trim().replace(/\s+/g, ' ').toUpperCase();
