import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { SESSION_COOKIE } from '../lib/session-cookie.ts';
import { bodyMayBeAbsent } from '../lib/body-may-be-absent.ts';
import type { Api } from '../lib/types.ts';
import { withComponents } from '../openapi/components.ts';
import { withoutConditions } from '../openapi/conditions.ts';
import { withExamples } from '../openapi/examples.ts';
import { withOptionalBodies } from '../openapi/optional-bodies.ts';

const DESCRIPTION = `Place orders that cannot be lost, charged twice or sold without stock.

Amounts are whole numbers in minor units (cents). Errors are \`application/problem+json\` with a stable \`code\`; \`errors\` names each
field that is not valid. A call that got no answer is safe to repeat, except that a secret
is rotated again.`;

/**
 * Serves OpenAPI 3.1 at `/openapi.json`, and a page to try the routes at `/docs`. Add it before the routes. A schema with a
 * `title` is a component of that name.
 */
export async function addOpenApi(app: Api, version: string): Promise<void> {
  const optionalBodies = new Set<string>();
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'durable-checkout',
        version,
        description: DESCRIPTION,
        contact: { name: 'durable-checkout contributors' },
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [{ url: '/', description: 'The server of this document.' }],
      tags: [
        { name: 'orders', description: 'Place, watch and cancel orders.' },
        { name: 'payments', description: 'Refund and capture payments, and see their disputes.' },
        { name: 'returns', description: 'Goods that come back, and their refunds.' },
        { name: 'shipping', description: 'Shipments of paid orders.' },
        { name: 'stock', description: 'The catalogue with its prices and stock.' },
        { name: 'webhooks', description: 'Endpoints that receive events, and the deliveries to them.' },
        { name: 'dead-letters', description: 'Messages that were refused or failed.' },
        { name: 'audits', description: 'Compare the records of the shop with each other.' },
        { name: 'batches', description: 'One action on many orders, with a dry run first.' },
        { name: 'operation', description: 'Monitor the shop.' },
        { name: 'board', description: 'Sign in at the board, and see what operators did.' },
        { name: 'stripe', description: 'Receive events of the payment provider.' },
        { name: 'easypost', description: 'Receive events of the carrier.' },
      ],
      components: {
        securitySchemes: {
          apiKey: { type: 'http', scheme: 'bearer', description: 'Your API key.' },
          session: {
            type: 'apiKey',
            in: 'cookie',
            name: SESSION_COOKIE,
            description:
              'The session of an operator at the board. What is not a GET or a HEAD needs the `csrfToken` of the session as `X-CSRF-Token`. Customers are masked.',
          },
        },
      },
      security: [{ apiKey: [] }, { session: [] }],
    },
    transform({ schema, url, route }) {
      const { description, operationId } = schema;
      if (route.preValidation === bodyMayBeAbsent && operationId !== undefined)
        optionalBodies.add(operationId);
      const scope = route.config?.scope;
      const needs = scope === undefined ? undefined : `Scope of the API key: \`${scope}\`.`;
      const texts = [description, needs].filter((text) => text !== undefined);
      return { schema: { ...schema, ...(texts.length > 0 && { description: texts.join('\n\n') }) }, url };
    },
    transformObject(document) {
      if (!('openapiObject' in document)) throw new Error('The document of the API must be OpenAPI 3.');
      const { openapiObject } = document;
      const { paths, components } = withComponents(withOptionalBodies(openapiObject.paths, optionalBodies));
      const { schemas, responses } = components;
      return Object.assign(openapiObject, {
        paths,
        components: {
          ...openapiObject.components,
          schemas: withExamples(withoutConditions(schemas)),
          responses,
        },
      });
    },
  });
  await app.register(swaggerUi, { routePrefix: '/docs', uiConfig: { persistAuthorization: true } });
  app.get('/openapi.json', { schema: { hide: true } }, (_request, reply) =>
    reply.type('application/json').send(app.swagger()),
  );
}
