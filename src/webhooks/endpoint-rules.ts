import { isPublicAddress, literalAddress } from '../adapters/webhooks/addresses.ts';
import { EVENT_TYPES, eventTypeOf } from '../contracts/messages.ts';
import { invalidRequest } from '../validation/schema-check.ts';

/**
 * Returns the event types in full, sorted and without duplicates; a short type such as `order.paid` is accepted.
 *
 * @throws {Problem} `invalid_request` naming each type that does not exist
 */
export function fullEventTypes(events: readonly string[]): string[] {
  const types = events.map(eventTypeOf);
  const errors = types.flatMap((type, index) =>
    type === undefined
      ? [{ field: `events[${index}]`, message: `must be an event type: ${shortNames()}` }]
      : [],
  );
  if (errors.length > 0) throw invalidRequest(errors);
  return [...new Set(types.filter((type) => type !== undefined))].sort();
}

/**
 * Checks what the URL shows without a DNS lookup. The addresses that its host name resolves to are checked at every connection.
 *
 * @throws {Problem} `invalid_request` naming `url`
 */
export function checkEndpointUrl(text: string, allowPrivate: boolean): void {
  const message = urlError(text, allowPrivate);
  if (message !== undefined) throw invalidRequest([{ field: 'url', message }]);
}

function urlError(text: string, allowPrivate: boolean): string | undefined {
  if (!URL.canParse(text)) return 'must be a URL such as https://shop.example/webhooks';
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return 'must not contain a user or a password';
  if (url.hash !== '') return 'must not contain a fragment';
  if (allowPrivate) return undefined;
  if (url.protocol !== 'https:')
    return 'must begin with https:// (to allow http://, set WEBHOOKS_ALLOW_PRIVATE=yes)';
  const address = literalAddress(url);
  if (PRIVATE_NAME.test(url.hostname) || (address !== undefined && !isPublicAddress(address)))
    return 'must have a public address (to allow private addresses, set WEBHOOKS_ALLOW_PRIVATE=yes)';
  return undefined;
}

/**
 * Names that mean this machine or its own network, never a host on the internet, also with the dot of a full name.
 * @see https://www.iana.org/assignments/special-use-domain-names
 */
const PRIVATE_NAME = /(^|\.)(localhost|local|internal|home\.arpa)\.?$/;

const shortNames = (): string =>
  EVENT_TYPES.map((type) => type.replace(/^com\.durable-checkout\.|\.v1$/g, '')).join(', ');
