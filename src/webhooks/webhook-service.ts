import { randomBytes } from 'node:crypto';
import type {
  SendableDelivery,
  WebhookAttempt,
  WebhookDeliveries,
} from '../adapters/postgres/webhook-deliveries.ts';
import type { WebhookEndpoint, WebhookEndpoints } from '../adapters/postgres/webhook-endpoints.ts';
import { isPublicAddress, literalAddress } from '../adapters/webhooks/addresses.ts';
import { Problem } from '../contracts/errors.ts';
import { EVENT_TYPES, eventTypeOf } from '../contracts/messages.ts';
import type {
  RecoverResult,
  WebhookEndpointChange,
  WebhookEndpointRequest,
} from '../contracts/http/webhooks.ts';
import { invalidRequest } from '../validation/schema-check.ts';

export interface WebhookServiceParts {
  endpoints: WebhookEndpoints;
  deliveries: WebhookDeliveries;
  /** Whether plain http, and addresses that are not public, may be registered. */
  allowPrivate: boolean;
}

/** What can be asked about webhooks. Every refusal is a {@link Problem}. */
export interface WebhookService extends Pick<WebhookEndpoints, 'list'> {
  /**
   * Safe to repeat: an endpoint of the same URL, wanting the same events, is the same endpoint, with its secret.
   *
   * @throws {Problem} `webhook_endpoint_exists` where that one wants other events; `invalid_request`
   */
  add(
    request: WebhookEndpointRequest,
  ): Promise<{ endpoint: WebhookEndpoint; secret: string; isNew: boolean }>;
  find(endpointId: string): Promise<WebhookEndpoint>;
  change(endpointId: string, change: WebhookEndpointChange): Promise<WebhookEndpoint>;
  /** Safe to repeat. Its deliveries stay to be looked at. */
  remove(endpointId: string): Promise<void>;
  /** Each call makes another secret; those before are good for a day more. */
  rotate(endpointId: string): Promise<{ secret: string; previousExpiresAt: Date }>;
  deliveries: WebhookDeliveries['list'];
  delivery(deliveryId: string): Promise<{ delivery: SendableDelivery; attempts: NumberedAttempt[] }>;
  /** Safe to repeat: one that is on its way stays so. */
  redeliver(deliveryId: string): Promise<SendableDelivery>;
  /** Safe to repeat: what has arrived, or is on its way, is not sent. */
  recover(endpointId: string, since: Date): Promise<RecoverResult>;
}

export type NumberedAttempt = WebhookAttempt & { attempt: number };

/** Standard Webhooks takes 24 to 64 bytes. */
const SECRET_BYTES = 32;
const SECRETS_OVERLAP_MS = 86_400_000;
const RECOVER_BATCH_SIZE = 10_000;
const ATTEMPTS_SHOWN = 20;

export function createWebhookService({
  endpoints,
  deliveries,
  allowPrivate,
}: WebhookServiceParts): WebhookService {
  async function find(endpointId: string): Promise<WebhookEndpoint> {
    const endpoint = await endpoints.find(endpointId);
    if (!endpoint)
      throw new Problem('webhook_endpoint_not_found', `There is no webhook endpoint ${endpointId}.`);
    return endpoint;
  }

  async function changed(endpointId: string, change: WebhookEndpointChange): Promise<WebhookEndpoint> {
    const { events } = change;
    if (change.url !== undefined) checkUrl(change.url, allowPrivate);
    const answer = await endpoints.change(endpointId, {
      ...change,
      ...(events && { events: fullTypes(events) }),
    });
    if (answer === 'taken')
      throw new Problem('webhook_endpoint_exists', 'Another endpoint has this URL already.');
    if (answer) return answer;
    await find(endpointId);
    throw removed(endpointId);
  }

  async function sent(deliveryId: string): Promise<SendableDelivery> {
    const delivery = await deliveries.find(deliveryId);
    if (!delivery) throw new Problem('webhook_delivery_not_found', `There is no delivery ${deliveryId}.`);
    return delivery;
  }

  return {
    list: (...page) => endpoints.list(...page),
    deliveries: (...page) => deliveries.list(...page),
    find,
    change: changed,

    async add({ url, events = [], ...rest }) {
      checkUrl(url, allowPrivate);
      const wanted = fullTypes(events);
      const isNew = await endpoints.add({
        endpointId: `we_${randomBytes(12).toString('hex')}`,
        url,
        events: wanted,
        ...rest,
        secret: newSecret(),
      });
      const found = await endpoints.findByUrl(url);
      if (!found) throw new Problem('unavailable', 'The endpoint was removed in this moment. Try again.');
      const { secret, ...endpoint } = found;
      if (!sameEvents(endpoint.events, wanted))
        throw new Problem(
          'webhook_endpoint_exists',
          `Endpoint ${endpoint.endpointId} has this URL, and wants other events: change that one.`,
        );
      return { endpoint, secret, isNew };
    },

    async remove(endpointId) {
      const answer = await endpoints.change(endpointId, { state: 'removed' });
      if (!answer) await find(endpointId);
    },

    async rotate(endpointId) {
      const secret = newSecret();
      const previousExpiresAt = await endpoints.rotate(endpointId, secret, SECRETS_OVERLAP_MS);
      if (previousExpiresAt) return { secret, previousExpiresAt };
      await find(endpointId);
      throw removed(endpointId);
    },

    async delivery(deliveryId) {
      const delivery = await sent(deliveryId);
      return { delivery, attempts: await deliveries.attempts(deliveryId, ATTEMPTS_SHOWN) };
    },

    async redeliver(deliveryId) {
      const { endpointId, endpointState } = await sent(deliveryId);
      if (endpointState !== 'enabled') throw notEnabled(endpointId, endpointState);
      await deliveries.resend(deliveryId);
      return sent(deliveryId);
    },

    async recover(endpointId, since) {
      const { state } = await find(endpointId);
      if (state !== 'enabled') throw notEnabled(endpointId, state);
      const count = await deliveries.recover(endpointId, since, RECOVER_BATCH_SIZE);
      return { deliveries: count, more: count === RECOVER_BATCH_SIZE };
    },
  };
}

const newSecret = (): string => `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;

const removed = (endpointId: string): Problem =>
  new Problem('webhook_endpoint_removed', `Endpoint ${endpointId} has been removed: add another one.`);

const notEnabled = (endpointId: string, state: string): Problem =>
  new Problem(
    'webhook_endpoint_not_enabled',
    `Endpoint ${endpointId} is ${state}, so nothing is sent there.`,
  );

/** @throws {Problem} `invalid_request` naming each type that is none of ours */
function fullTypes(events: readonly string[]): string[] {
  const types = events.map(eventTypeOf);
  const errors = types.flatMap((type, index) =>
    type === undefined
      ? [{ field: `events[${index}]`, message: `must be a type of event: ${shortNames()}` }]
      : [],
  );
  if (errors.length > 0) throw invalidRequest(errors);
  return [...new Set(types.filter((type) => type !== undefined))].sort();
}

const shortNames = (): string =>
  EVENT_TYPES.map((type) => type.replace(/^com\.durable-checkout\.|\.v1$/g, '')).join(', ');

const sameEvents = (some: readonly string[], others: readonly string[]): boolean =>
  some.length === others.length && some.every((type, index) => type === others[index]);

/**
 * What can be seen without asking for the name; where that leads to is checked whenever it is connected to.
 *
 * @throws {Problem} `invalid_request` naming `url`
 */
function checkUrl(text: string, allowPrivate: boolean): void {
  const message = wrongUrl(text, allowPrivate);
  if (message !== undefined) throw invalidRequest([{ field: 'url', message }]);
}

function wrongUrl(text: string, allowPrivate: boolean): string | undefined {
  if (!URL.canParse(text)) return 'must be a URL such as https://shop.example/webhooks';
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return 'must have no user and no password';
  if (url.hash !== '') return 'must have no fragment';
  if (allowPrivate) return undefined;
  if (url.protocol !== 'https:') return 'must begin with https:// (or set WEBHOOKS_ALLOW_PRIVATE)';
  const address = literalAddress(url);
  if (url.hostname === 'localhost' || (address !== undefined && !isPublicAddress(address)))
    return 'must lead to the public internet (or set WEBHOOKS_ALLOW_PRIVATE)';
  return undefined;
}
