import { Type } from 'typebox';
import {
  NewWebhookEndpointView,
  RecoverResult,
  RecoverRequest,
  WEBHOOK_DELIVERY_STATES,
  WEBHOOK_ENDPOINT_STATES,
  WebhookDeliverySummary,
  WebhookEndpointChange,
  WebhookEndpointRequest,
  WebhookEndpointView,
  WebhookSecretView,
} from '../../contracts/http/webhooks.ts';
import type { WebhookService } from '../../webhooks/webhook-service.ts';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import { Cursor, DEFAULT_LIMIT, described, page, PageLimit, problems } from '../schemas.ts';
import type { Api } from '../types.ts';
import { toDeliverySummary, toEndpointView } from '../webhook-views.ts';

const EndpointPath = Type.Object(
  { endpointId: Type.String({ pattern: '^[\\x21-\\x7e]{1,100}$' }) },
  { additionalProperties: false },
);
const ListQuery = Type.Object(
  {
    state: Type.Optional(
      Type.Enum([...WEBHOOK_ENDPOINT_STATES], { description: 'Default: all but those that are removed.' }),
    ),
    limit: PageLimit,
    cursor: Cursor,
  },
  { additionalProperties: false },
);
const DeliveriesQuery = Type.Object(
  { state: Type.Optional(Type.Enum([...WEBHOOK_DELIVERY_STATES])), limit: PageLimit, cursor: Cursor },
  { additionalProperties: false },
);
const Nothing = Type.Null({ description: 'It is removed.' });

const CREATED_AT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
const ID = /^[\x21-\x7e]{1,200}$/;
const WRONG_BODY = [
  'invalid_json',
  'card_number_refused',
  'body_too_large',
  'unsupported_media_type',
] as const;
const UNKNOWN = 'webhook_endpoint_not_found';
const read = { scope: 'webhooks:read' } as const;
const write = { scope: 'webhooks:write' } as const;
const tags = ['operation'];

/** Who gets events by webhook. They are of the whole shop, not of one client: these scopes are not for storefronts. */
export function webhookEndpointRoutes(app: Api, desk: WebhookService): void {
  app.post(
    '/v1/webhook-endpoints',
    {
      config: write,
      schema: {
        summary: 'Register a webhook endpoint',
        description:
          'Events from now on are sent to it, as Standard Webhooks says, signed with the secret of the answer. Registered again, it is the same endpoint.',
        tags,
        body: WebhookEndpointRequest,
        response: {
          200: described(NewWebhookEndpointView, 'It was registered before.'),
          201: described(NewWebhookEndpointView, 'It is registered.'),
          ...problems(...WRONG_BODY, 'webhook_endpoint_exists'),
        },
      },
    },
    async ({ body }, reply) => {
      const { endpoint, secret, isNew } = await desk.add(body);
      reply.header('Location', `/v1/webhook-endpoints/${endpoint.endpointId}`);
      return reply.code(isNew ? 201 : 200).send({ ...toEndpointView(endpoint), secret });
    },
  );

  app.get(
    '/v1/webhook-endpoints',
    {
      config: read,
      schema: {
        summary: 'Webhook endpoints, newest first',
        tags,
        querystring: ListQuery,
        response: { 200: described(page(WebhookEndpointView), 'One page.'), ...problems() },
      },
    },
    async ({ query: { state, limit = DEFAULT_LIMIT, cursor } }) => {
      const [createdAt = '', endpointId = ''] = placeOf(cursor);
      const states = state ? [state] : (['enabled', 'disabled'] as const);
      const found = await desk.list(
        states,
        limit + 1,
        cursor === undefined ? undefined : { createdAt, endpointId },
      );
      return pageOf(found, limit, toEndpointView, (last) => encodeCursor(last.place, last.endpointId));
    },
  );

  app.get(
    '/v1/webhook-endpoints/:endpointId',
    {
      config: read,
      schema: {
        summary: 'One webhook endpoint',
        tags,
        params: EndpointPath,
        response: { 200: described(WebhookEndpointView, 'As it is now.'), ...problems(UNKNOWN) },
      },
    },
    async ({ params: { endpointId } }) => toEndpointView(await desk.find(endpointId)),
  );

  app.patch(
    '/v1/webhook-endpoints/:endpointId',
    {
      config: write,
      schema: {
        summary: 'Change a webhook endpoint, disable it, or enable it again',
        description:
          'What is not said stays as it is. What it has missed while disabled is sent when it is asked for: `recover`.',
        tags,
        params: EndpointPath,
        body: WebhookEndpointChange,
        response: {
          200: described(WebhookEndpointView, 'As it is now.'),
          ...problems(...WRONG_BODY, UNKNOWN, 'webhook_endpoint_exists', 'webhook_endpoint_removed'),
        },
      },
    },
    async ({ params: { endpointId }, body }) => toEndpointView(await desk.change(endpointId, body)),
  );

  app.delete(
    '/v1/webhook-endpoints/:endpointId',
    {
      config: write,
      schema: {
        summary: 'Remove a webhook endpoint',
        description: 'Nothing is sent there any more, for good. Its deliveries can be looked at for 30 days.',
        tags,
        params: EndpointPath,
        response: { 204: Nothing, ...problems(UNKNOWN) },
      },
    },
    async ({ params: { endpointId } }, reply) => {
      await desk.remove(endpointId);
      return reply.code(204).send(null);
    },
  );

  app.post(
    '/v1/webhook-endpoints/:endpointId/secret/rotate',
    {
      config: write,
      schema: {
        summary: 'Make another signing secret',
        description:
          'For a day requests are signed with the one before as well, so that the receiver has time to change.',
        tags,
        params: EndpointPath,
        response: {
          200: described(WebhookSecretView, 'The new secret.'),
          ...problems(UNKNOWN, 'webhook_endpoint_removed'),
        },
      },
    },
    async ({ params: { endpointId } }) => {
      const { secret, previousExpiresAt } = await desk.rotate(endpointId);
      return { secret, previousExpiresAt: previousExpiresAt.toISOString() };
    },
  );

  app.post(
    '/v1/webhook-endpoints/:endpointId/recover',
    {
      config: write,
      schema: {
        summary: 'Send what has not arrived',
        description:
          'Every event since then that it wants, and that has neither arrived nor is on its way, up to 10,000 a call.',
        tags,
        params: EndpointPath,
        body: RecoverRequest,
        response: {
          202: described(RecoverResult, 'They are on their way.'),
          ...problems(...WRONG_BODY, UNKNOWN, 'webhook_endpoint_not_enabled'),
        },
      },
    },
    async ({ params: { endpointId }, body: { since } }, reply) =>
      reply.code(202).send(await desk.recover(endpointId, new Date(since))),
  );

  app.get(
    '/v1/webhook-endpoints/:endpointId/deliveries',
    {
      config: read,
      schema: {
        summary: 'Deliveries to a webhook endpoint, newest first',
        tags,
        params: EndpointPath,
        querystring: DeliveriesQuery,
        response: { 200: described(page(WebhookDeliverySummary), 'One page.'), ...problems(UNKNOWN) },
      },
    },
    async ({ params: { endpointId }, query: { state, limit = DEFAULT_LIMIT, cursor } }) => {
      await desk.find(endpointId);
      const [createdAt = '', deliveryId = ''] = placeOf(cursor);
      const found = await desk.deliveries(
        endpointId,
        state,
        limit + 1,
        cursor === undefined ? undefined : { createdAt, deliveryId },
      );
      return pageOf(found, limit, toDeliverySummary, (last) => encodeCursor(last.place, last.deliveryId));
    },
  );
}

const placeOf = (cursor: string | undefined): string[] =>
  cursor === undefined ? [] : decodeCursor(cursor, [CREATED_AT, ID]);

/** `found` has one more than the page, where there is another page. */
function pageOf<T, View>(
  found: readonly T[],
  limit: number,
  toView: (each: T) => View,
  cursorOf: (last: T) => string,
): { data: View[]; nextCursor?: string } {
  const some = found.slice(0, limit);
  const last = some.at(-1);
  return {
    data: some.map(toView),
    ...(found.length > limit && last !== undefined && { nextCursor: cursorOf(last) }),
  };
}
