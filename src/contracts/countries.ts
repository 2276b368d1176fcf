import { iso31661 } from 'iso-3166';
import { postcodeValidatorExistsForCountry } from 'postcode-validator';

/** The assigned codes of ISO 3166-1 alpha-2. `UK` is reserved and not among them: the United Kingdom is `GB`. */
const CODES: ReadonlySet<string> = new Set(iso31661.map(({ alpha2 }) => alpha2));

export const isCountry = (code: string): boolean => CODES.has(code);

/** The countries whose addresses need no postal code, such as Hong Kong. */
export const COUNTRIES_WITHOUT_POSTAL_CODES: readonly string[] = [...CODES]
  .filter((code) => !postcodeValidatorExistsForCountry(code))
  .sort();
