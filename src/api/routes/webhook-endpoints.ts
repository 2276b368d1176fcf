import { Type } from 'typebox';
import {
  NewWebhookEndpointView,
  RecoverResult,
  RecoverRequest,
  WebhookEndpointChange,
  WebhookEndpointRequest,
  WebhookEndpointStateSchema,
  WebhookEndpointView,
  WebhookSecretView,
} from '../../contracts/http/webhooks.ts';
import type { LogAction } from '../../contracts/http/board.ts';
import type { WebhookService } from '../../webhooks/webhook-service.ts';
import { requireReportedTime } from '../../validation/reported-time.ts';
import { encodeCursor } from '../lib/cursor.ts';
import {
  BODY_PROBLEMS,
  Cursor,
  DEFAULT_LIMIT,
  described,
  pageOf,
  PageLimit,
  problems,
} from '../lib/schemas.ts';
import { toPage } from '../lib/pages.ts';
import type { Api } from '../lib/types.ts';
import { actorOf } from '../plugins/authentication.ts';
import { EndpointPath, positionOf } from '../lib/webhook-lists.ts';
import { toEndpointView } from '../lib/webhook-views.ts';

const ListQuery = Type.Object(
  {
    state: Type.Optional({
      ...WebhookEndpointStateSchema,
      description: 'Default: all states but `removed`.',
    }),
    limit: PageLimit,
    cursor: Cursor,
  },
  { additionalProperties: false },
);
const Nothing = Type.Null({ description: 'The endpoint is removed.' });

const UNKNOWN = 'webhook_endpoint_not_found';
const read = { scope: 'webhooks:read' } as const;
const write = (action: LogAction) =>
  ({ scope: 'webhooks:write', logs: { action, object: 'webhook_endpoint' } }) as const;
const tags = ['webhooks'];

/** Endpoints that receive events by webhook. The events are those of the whole shop, not of one client: do not give these scopes to storefronts. */
export function webhookEndpointRoutes(app: Api, webhooks: WebhookService): void {
  app.post(
    '/v1/webhook-endpoints',
    {
      config: write('webhook_endpoint_added'),
      schema: {
        operationId: 'addWebhookEndpoint',
        summary: 'Register a webhook endpoint',
        description:
          'Every event from now on is sent to the endpoint as Standard Webhooks specifies, signed with the secret in the response. Registering the same URL again returns the same endpoint.',
        tags,
        body: WebhookEndpointRequest,
        response: {
          200: described(NewWebhookEndpointView, 'The endpoint was registered before.', 'Location'),
          201: described(NewWebhookEndpointView, 'The endpoint is registered.', 'Location'),
          ...problems(...BODY_PROBLEMS, 'webhook_endpoint_exists'),
        },
      },
    },
    async (request, reply) => {
      const { endpoint, secret, isNew } = await webhooks.add(request.body, actorOf(request));
      reply.header('Location', `/v1/webhook-endpoints/${endpoint.endpointId}`);
      return reply.code(isNew ? 201 : 200).send({ ...toEndpointView(endpoint), secret });
    },
  );

  app.get(
    '/v1/webhook-endpoints',
    {
      config: read,
      schema: {
        operationId: 'listWebhookEndpoints',
        summary: 'List webhook endpoints, newest first',
        tags,
        querystring: ListQuery,
        response: {
          200: described(pageOf('WebhookEndpointList', WebhookEndpointView), 'One page.'),
          ...problems(),
        },
      },
    },
    async ({ query: { state, limit = DEFAULT_LIMIT, cursor } }) => {
      const [createdAt = '', endpointId = ''] = positionOf(cursor);
      const states = state ? [state] : (['enabled', 'disabled'] as const);
      const found = await webhooks.list(
        states,
        limit + 1,
        cursor === undefined ? undefined : { createdAt, endpointId },
      );
      return toPage(found, limit, toEndpointView, (last) => encodeCursor(last.place, last.endpointId));
    },
  );

  app.get(
    '/v1/webhook-endpoints/:endpointId',
    {
      config: read,
      schema: {
        operationId: 'getWebhookEndpoint',
        summary: 'Retrieve a webhook endpoint',
        tags,
        params: EndpointPath,
        response: { 200: described(WebhookEndpointView, 'The webhook endpoint.'), ...problems(UNKNOWN) },
      },
    },
    async ({ params: { endpointId } }) => toEndpointView(await webhooks.find(endpointId)),
  );

  app.patch(
    '/v1/webhook-endpoints/:endpointId',
    {
      config: write('webhook_endpoint_changed'),
      schema: {
        operationId: 'changeWebhookEndpoint',
        summary: 'Update, disable or enable a webhook endpoint',
        description:
          'Fields that are absent do not change. Events that the endpoint has missed while it was disabled are sent when you call `recover`.',
        tags,
        params: EndpointPath,
        body: WebhookEndpointChange,
        response: {
          200: described(WebhookEndpointView, 'The webhook endpoint.'),
          ...problems(...BODY_PROBLEMS, UNKNOWN, 'webhook_endpoint_exists', 'webhook_endpoint_removed'),
        },
      },
    },
    async (request) =>
      toEndpointView(await webhooks.change(request.params.endpointId, request.body, actorOf(request))),
  );

  app.delete(
    '/v1/webhook-endpoints/:endpointId',
    {
      config: write('webhook_endpoint_removed'),
      schema: {
        operationId: 'removeWebhookEndpoint',
        summary: 'Remove a webhook endpoint',
        description:
          'Nothing is sent to the endpoint any more. Its deliveries can be retrieved until they are deleted (`WEBHOOK_RETENTION_MS`, 30 days by default).',
        tags,
        params: EndpointPath,
        response: { 204: Nothing, ...problems(UNKNOWN) },
      },
    },
    async (request, reply) => {
      await webhooks.remove(request.params.endpointId, actorOf(request));
      return reply.code(204).send(null);
    },
  );

  app.post(
    '/v1/webhook-endpoints/:endpointId/secret/rotate',
    {
      config: write('webhook_secret_rotated'),
      schema: {
        operationId: 'rotateWebhookSecret',
        summary: 'Rotate the signing secret',
        description:
          'Requests are signed with the previous secret too for 24 hours, so that the receiver has time to change.',
        tags,
        params: EndpointPath,
        response: {
          200: described(WebhookSecretView, 'The new secret.'),
          ...problems(UNKNOWN, 'webhook_endpoint_removed'),
        },
      },
    },
    async (request) => {
      const { endpointId } = request.params;
      const { secret, previousExpiresAt } = await webhooks.rotate(endpointId, actorOf(request));
      return { secret, previousExpiresAt: previousExpiresAt.toISOString() };
    },
  );

  app.post(
    '/v1/webhook-endpoints/:endpointId/recover',
    {
      config: write('webhooks_recovered'),
      schema: {
        operationId: 'recoverWebhooks',
        summary: 'Send events that have not arrived',
        description:
          'Sends every event since the given time that the endpoint subscribes to and that has neither arrived nor is being sent, up to 10,000 in a call.',
        tags,
        params: EndpointPath,
        body: RecoverRequest,
        response: {
          202: described(RecoverResult, 'The events are being sent.'),
          ...problems(...BODY_PROBLEMS, UNKNOWN, 'webhook_endpoint_not_enabled'),
        },
      },
    },
    async ({ params: { endpointId }, body: { since } }, reply) =>
      reply.code(202).send(await webhooks.recover(endpointId, new Date(requireReportedTime('since', since)))),
  );
}
