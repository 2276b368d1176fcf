import type { Shown } from './shown.ts';

const iso = (at: number) => new Date(at).toISOString();

/** The same with times as the API writes them. */
export const jsonOf = ({ at, lost, rates, ...rest }: Shown) => ({
  at: iso(at),
  ...(lost && { lost: { since: iso(lost.at), reason: lost.reason } }),
  ...rest,
  rates: rates.map((each) => ({ ...each, at: iso(each.at) })),
});
