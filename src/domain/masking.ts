import type { Address, Customer } from '../contracts/http/order.ts';

const HIDDEN = '•••';

/** `Ada Lovelace` becomes `A•• L•••••••`. */
export const maskName = (name: string): string =>
  name
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word) => {
      const [first = '', ...rest] = word;
      return first + '•'.repeat(Math.max(rest.length, 1));
    })
    .join(' ');

/** `ada@example.com` becomes `a•••@example.com`. */
export function maskEmail(email: string): string {
  const at = email.lastIndexOf('@');
  const [first = ''] = email;
  return at > 0 ? `${first}${HIDDEN}${email.slice(at)}` : HIDDEN;
}

export const maskCustomer = ({ email, name }: Customer): Customer => ({
  email: maskEmail(email),
  ...(name !== undefined && { name: maskName(name) }),
});

/** Leaves the country, and two characters of the postal code. */
export const maskAddress = ({ name, postalCode, country }: Address): Address => ({
  name: maskName(name),
  line1: HIDDEN,
  city: HIDDEN,
  ...(postalCode !== undefined && { postalCode: `${postalCode.slice(0, 2)}${HIDDEN}` }),
  country,
});

/** The shortest word of a name or an address that is looked for in a text: shorter ones are parts of other words everywhere. */
const MIN_WORD = 3;
const LINK = /(https?:\/\/[^\s?#]+)[?#]\S*/g;

/**
 * A text that was written to a customer, without what it says of them: the address they read it at, their name, also a part of it, and where
 * they live. Links lose what follows the path, which may be a secret of the customer.
 */
export function maskText(text: string, { customer, shipping }: Personal): string {
  const { line1, line2, city, state, postalCode } = shipping ?? {};
  const places = [line1, line2, city, state, postalCode].filter((part = '') => part.length >= MIN_WORD);
  const wholes = [customer?.email, customer?.name, shipping?.name, ...places].filter(
    (part): part is string => part !== undefined && part.trim() !== '',
  );
  const words = [customer?.name, shipping?.name]
    .flatMap((name) => (name ?? '').split(/\s+/))
    .filter((word) => word.length >= MIN_WORD);
  const hidden = [...new Set([...wholes, ...words])].sort((a, b) => b.length - a.length);
  return hidden.reduce(
    (masked, part) => masked.replaceAll(part, HIDDEN),
    text.replaceAll(LINK, `$1?${HIDDEN}`),
  );
}

interface Personal {
  customer?: Customer | undefined;
  shipping?: Address | undefined;
}
