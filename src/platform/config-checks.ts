import { Cron } from 'croner';
import parseAddresses from 'nodemailer/lib/addressparser';
import { isCountry } from '../contracts/countries.ts';
import { isCurrency } from '../domain/money.ts';
import type { Environment, Variable } from './environment.ts';

const MAX_PORT = 65_535;

/**
 * Returns the variables whose values have the right form and still cannot work, for example a cron expression with the minute 61. Without
 * this check the process would start, and the part that needs the value would fail later, or never do anything.
 */
export function unusableVariables(env: Environment): Variable[] {
  const checks: Partial<Record<Variable, boolean>> = {
    PUBLIC_URL: isUrl(env.PUBLIC_URL),
    // A user before an empty host, as for a socket, is fine for PostgreSQL and not for a URL.
    DATABASE_URL: isUrl(env.DATABASE_URL?.replace('@/', '@localhost/')),
    TEMPORAL_ADDRESS: env.TEMPORAL_ADDRESS === undefined || hasPort(env.TEMPORAL_ADDRESS),
    STRIPE_API_BASE: isUrl(env.STRIPE_API_BASE),
    EASYPOST_API_BASE: isUrl(env.EASYPOST_API_BASE),
    SMTP_URL: isUrl(env.SMTP_URL),
    MAIL_FROM: isMailAddress(env.MAIL_FROM),
    MAIL_REPLY_TO: isMailAddress(env.MAIL_REPLY_TO),
    MAIL_ALERTS_TO: isMailAddress(env.MAIL_ALERTS_TO),
    OTEL_EXPORTER_OTLP_ENDPOINT: isUrl(env.OTEL_EXPORTER_OTLP_ENDPOINT),
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: isUrl(env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT),
    OTEL_EXPORTER_OTLP_HEADERS: isDecodable(env.OTEL_EXPORTER_OTLP_HEADERS),
    OTEL_RESOURCE_ATTRIBUTES: isDecodable(env.OTEL_RESOURCE_ATTRIBUTES),
    OTEL_TRACES_SAMPLER_ARG:
      (env.OTEL_TRACES_SAMPLER_ARG ?? 0) <= 1 || env.OTEL_TRACES_SAMPLER === 'parentbased_ratelimiting',
    SHOP_URL: isUrl(env.SHOP_URL),
    SHOP_LOGO_URL: isUrl(env.SHOP_LOGO_URL),
    CORS_ORIGINS: listOf(env.CORS_ORIGINS).every(isOrigin),
    REVIEW_ABOVE: isTotalByCurrency(env.REVIEW_ABOVE),
    REVIEW_COUNTRIES: listOf(env.REVIEW_COUNTRIES).every(isCountry),
    AUDIT_SCHEDULE: env.AUDIT_SCHEDULE === 'off' || hasNextRun(env.AUDIT_SCHEDULE),
  };
  return (Object.keys(checks) as Variable[]).filter((name) => checks[name] === false);
}

/** The items of a comma-separated list. */
export const listOf = (text = ''): string[] =>
  text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');

const isUrl = (text: string | undefined): boolean => text === undefined || URL.canParse(text);

/** Whether the percent-encoding of the text can be decoded. */
function isDecodable(text = ''): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** Whether browsers send the origin in this form: in small letters, without a path, the default port and wildcards. */
const isOrigin = (text: string): boolean =>
  URL.canParse(text) && new URL(text).origin === text && !text.includes('*');

const MAIL_ADDRESS = /^[^\s@<>",;:]+@[^\s@<>",;:.][^\s@<>",;:]*$/;

/** Whether the mailer, which has this parser, reads exactly one address: `a@b.c, d@e.f` is two, and `Shop: a@b.c` a group. */
function isMailAddress(text: string | undefined): boolean {
  if (text === undefined) return true;
  const [first, ...others] = parseAddresses(text);
  return first?.address !== undefined && MAIL_ADDRESS.test(first.address) && others.length === 0;
}

/** Whether each currency exists and is named once, or else the rule would never apply, or not the one that was meant. */
function isTotalByCurrency(text: string | undefined): boolean {
  const currencies = listOf(text).map((each) => each.slice(0, each.indexOf('=')).trim());
  return currencies.every(isCurrency) && new Set(currencies).size === currencies.length;
}

function hasPort(address: string): boolean {
  const port = Number(address.slice(address.lastIndexOf(':') + 1));
  return port >= 1 && port <= MAX_PORT;
}

/** A field as Temporal reads it: numbers, names of three letters, ranges and steps. */
const CRON_ITEM = /^(\*|(\d+|[A-Za-z]{3})(-(\d+|[A-Za-z]{3}))?)(\/\d+)?$/;

/** Whether Temporal can read the expression, and its time ever comes: the 30th of February does not. */
function hasNextRun(cron: string): boolean {
  const items = cron.trim().split(/[\s,]+/);
  if (!items.every((item) => CRON_ITEM.test(item))) return false;
  try {
    return new Cron(cron.trim(), { mode: '5-part', sloppyRanges: true, timezone: 'UTC' }).nextRun() !== null;
  } catch {
    return false;
  }
}
