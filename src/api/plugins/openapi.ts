import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { Api } from '../lib/types.ts';

const DESCRIPTION = `Place orders that cannot be lost, charged twice or sold without stock.

Amounts are whole numbers in minor units (cents). Errors are \`application/problem+json\` with a stable \`code\`; \`errors\` names each
field that is not valid. Every call is safe to repeat.`;

/** Serves OpenAPI 3.1 at `/openapi.json`, and a page to try the routes at `/docs`. Add it before the routes. */
export async function addOpenApi(app: Api, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'durable-checkout', version, description: DESCRIPTION },
      tags: [
        { name: 'orders', description: 'Place, watch and cancel orders.' },
        { name: 'stock', description: 'The catalogue with its prices and stock.' },
        { name: 'payments', description: 'Refund and capture payments.' },
        { name: 'operation', description: 'Monitor and operate the shop.' },
        { name: 'webhooks', description: 'Receive events of the payment provider.' },
      ],
      components: {
        securitySchemes: { apiKey: { type: 'http', scheme: 'bearer', description: 'Your API key.' } },
      },
      security: [{ apiKey: [] }],
    },
  });
  await app.register(swaggerUi, { routePrefix: '/docs', uiConfig: { persistAuthorization: true } });
  app.get('/openapi.json', { schema: { hide: true } }, (_request, reply) =>
    reply.type('application/json').send(app.swagger()),
  );
}
