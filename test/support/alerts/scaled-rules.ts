const UNIT_S: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** Up to so long, a time is divided; a longer one becomes shorter still, so that windows of days fit into minutes. Seconds. */
const LINEAR_UNTIL_S = 300;
const DIVISOR = 15;
const EXPONENT = 0.25;
/** A bound of less than this is a promise to customers, and stays. Seconds. */
const SMALLEST_BOUND_S = 60;

/** A time of a rule, as it is in the test. Seconds. Keeps the order of times: what was shorter is shorter. */
export const scaledSeconds = (seconds: number): number =>
  seconds <= LINEAR_UNTIL_S
    ? seconds / DIVISOR
    : (LINEAR_UNTIL_S / DIVISOR) * (seconds / LINEAR_UNTIL_S) ** EXPONENT;

/**
 * The alert rules with shorter times, and otherwise as they are: windows (`[5m]`), `for:`, the intervals of groups, and bounds of ages
 * in seconds (`…_age_seconds) > 600`).
 */
export const scaledRules = (rules: string): string =>
  rules
    .replaceAll(/\[(\d+)([smhd])\]/g, (_, count: string, unit: string) => `[${scaled(count, unit)}]`)
    .replaceAll(
      /^( *(?:for|interval): )(\d+)([smhd])$/gm,
      (_, name: string, count: string, unit: string) => `${name}${scaled(count, unit)}`,
    )
    .replaceAll(/(_(?:age|lag)_seconds(?:\{[^}]*\})?\) > )(\d+)\b/g, (whole, left: string, bound: string) =>
      Number(bound) < SMALLEST_BOUND_S ? whole : `${left}${Number(bound) / DIVISOR}`,
    );

const scaled = (count: string, unit: string): string =>
  `${Math.round(scaledSeconds(Number(count) * (UNIT_S[unit] ?? 1)) * 1_000)}ms`;
