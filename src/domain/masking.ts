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
