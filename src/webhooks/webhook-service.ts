import { randomBytes } from 'node:crypto';
import type { SendableDelivery, WebhookDeliveries } from '../adapters/postgres/webhook-deliveries.ts';
import type { WebhookEndpoint, WebhookEndpoints } from '../adapters/postgres/webhook-endpoints.ts';
import type { Actor } from '../contracts/actor.ts';
import { Problem } from '../contracts/errors.ts';
import type {
  RecoverResult,
  WebhookEndpointChange,
  WebhookEndpointRequest,
} from '../contracts/http/webhooks.ts';
import type { WebhookAttempt } from '../contracts/ports/webhook-attempt.ts';
import { checkEndpointUrl, fullEventTypes } from './endpoint-rules.ts';

export interface WebhookServiceParts {
  endpoints: WebhookEndpoints;
  deliveries: WebhookDeliveries;
  /** Whether URLs with plain http, and URLs with addresses that are not public, may be registered. */
  allowPrivate: boolean;
}

/** Manages webhook endpoints and their deliveries. A method that refuses a request throws a {@link Problem}. */
export interface WebhookService extends Pick<WebhookEndpoints, 'list'> {
  /**
   * Adds an endpoint. Safe to repeat: if an endpoint with the same URL and the same events exists, that endpoint is returned
   * with its secret.
   *
   * @throws {Problem} `invalid_request`; `webhook_endpoint_exists` if an endpoint with the same URL subscribes to other events
   */
  add(
    request: WebhookEndpointRequest,
    actor?: Actor,
  ): Promise<{ endpoint: WebhookEndpoint; secret: string; isNew: boolean }>;
  /** @throws {Problem} `webhook_endpoint_not_found` */
  find(endpointId: string): Promise<WebhookEndpoint>;
  /**
   * @throws {Problem} `invalid_request`, `webhook_endpoint_not_found`, `webhook_endpoint_removed`; `webhook_endpoint_exists` if
   *   another endpoint has the new URL
   */
  change(endpointId: string, change: WebhookEndpointChange, actor?: Actor): Promise<WebhookEndpoint>;
  /**
   * Removes the endpoint and keeps its deliveries for inspection. Safe to repeat.
   *
   * @throws {Problem} `webhook_endpoint_not_found`
   */
  remove(endpointId: string, actor?: Actor): Promise<void>;
  /**
   * Creates a new secret at each call. Requests are also signed with the previous secrets for one more day.
   *
   * @throws {Problem} `webhook_endpoint_not_found`, `webhook_endpoint_removed`
   */
  rotate(endpointId: string, actor?: Actor): Promise<{ secret: string; previousExpiresAt: Date }>;
  deliveries: WebhookDeliveries['list'];
  /**
   * Returns a delivery with its latest attempts.
   *
   * @throws {Problem} `webhook_delivery_not_found`
   */
  delivery(deliveryId: string): Promise<{ delivery: SendableDelivery; attempts: NumberedAttempt[] }>;
  /**
   * Sends a delivery once more. Safe to repeat: a delivery that is pending stays as it is.
   *
   * @throws {Problem} `webhook_delivery_not_found`, `webhook_endpoint_not_enabled`
   */
  redeliver(deliveryId: string): Promise<SendableDelivery>;
  /**
   * Sends the events since then that were not delivered. Safe to repeat: events that were delivered or are pending are not sent.
   *
   * @throws {Problem} `webhook_endpoint_not_found`, `webhook_endpoint_not_enabled`
   */
  recover(endpointId: string, since: Date): Promise<RecoverResult>;
}

export type NumberedAttempt = WebhookAttempt & { attempt: number };

/** Standard Webhooks allows 24 to 64 bytes (https://github.com/standard-webhooks/standard-webhooks). */
const SECRET_BYTES = 32;
/** For how long the previous secret signs requests too, in milliseconds. */
const SECRETS_OVERLAP_MS = 86_400_000;
const RECOVER_BATCH_SIZE = 10_000;
const MAX_ATTEMPTS_SHOWN = 20;

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

  async function change(
    endpointId: string,
    changes: WebhookEndpointChange,
    actor?: Actor,
  ): Promise<WebhookEndpoint> {
    const { events } = changes;
    if (changes.url !== undefined) checkEndpointUrl(changes.url, allowPrivate);
    const changed = await endpoints.change(endpointId, {
      ...changes,
      ...(events && { events: fullEventTypes(events) }),
      ...(actor && { actor }),
    });
    if (changed === 'taken')
      throw new Problem('webhook_endpoint_exists', 'Another endpoint already has this URL. Change that one.');
    if (changed) return changed;
    await find(endpointId);
    throw removed(endpointId);
  }

  async function findDelivery(deliveryId: string): Promise<SendableDelivery> {
    const delivery = await deliveries.find(deliveryId);
    if (!delivery)
      throw new Problem('webhook_delivery_not_found', `There is no webhook delivery ${deliveryId}.`);
    return delivery;
  }

  return {
    list: (...page) => endpoints.list(...page),
    deliveries: (...page) => deliveries.list(...page),
    find,
    change,

    async add({ url, events = [], ...rest }, actor) {
      checkEndpointUrl(url, allowPrivate);
      const types = fullEventTypes(events);
      const isNew = await endpoints.add({
        endpointId: `we_${randomBytes(12).toString('hex')}`,
        url,
        events: types,
        ...rest,
        secret: newSecret(),
        ...(actor && { actor }),
      });
      const found = await endpoints.findByUrl(url);
      if (!found) throw new Problem('unavailable', 'The endpoint was removed at the same moment. Try again.');
      const { secret, ...endpoint } = found;
      if (!sameEvents(endpoint.events, types))
        throw new Problem(
          'webhook_endpoint_exists',
          `Endpoint ${endpoint.endpointId} already has this URL and subscribes to other events. Change that endpoint.`,
        );
      return { endpoint, secret, isNew };
    },

    async remove(endpointId, actor) {
      const changed = await endpoints.change(endpointId, { state: 'removed', ...(actor && { actor }) });
      if (!changed) await find(endpointId);
    },

    async rotate(endpointId, actor) {
      const secret = newSecret();
      const previousExpiresAt = await endpoints.rotate(endpointId, secret, SECRETS_OVERLAP_MS, actor);
      if (previousExpiresAt) return { secret, previousExpiresAt };
      await find(endpointId);
      throw removed(endpointId);
    },

    async delivery(deliveryId) {
      const delivery = await findDelivery(deliveryId);
      return { delivery, attempts: await deliveries.attempts(deliveryId, MAX_ATTEMPTS_SHOWN) };
    },

    async redeliver(deliveryId) {
      const { endpointId, endpointState } = await findDelivery(deliveryId);
      if (endpointState !== 'enabled') throw notEnabled(endpointId, endpointState);
      await deliveries.resend(deliveryId);
      return findDelivery(deliveryId);
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
  new Problem('webhook_endpoint_removed', `Endpoint ${endpointId} was removed. Add a new one.`);

const notEnabled = (endpointId: string, state: string): Problem =>
  new Problem(
    'webhook_endpoint_not_enabled',
    `Endpoint ${endpointId} is ${state}, so nothing is sent to it.${state === 'disabled' ? ' Enable it first.' : ''}`,
  );

const sameEvents = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((type, index) => type === b[index]);
