import { Links } from '../../contracts/http/links.ts';
import { OrderRuns } from '../../contracts/http/runs.ts';
import type { OrderRunsReader } from '../../orders/runs/order-runs.ts';
import { described, OrderPath, problems } from '../lib/schemas.ts';
import type { Api } from '../lib/types.ts';
import { clientOf } from '../plugins/authentication.ts';

export interface RunRoutesParts {
  runs: OrderRunsReader;
  links: Links;
}

/** What operators see of the workflows of an order, and where else they can look. */
export function runRoutes(app: Api, { runs, links }: RunRoutesParts): void {
  app.get(
    '/v1/orders/:orderId/runs',
    {
      config: { scope: 'orders:read' },
      schema: {
        operationId: 'listOrderRuns',
        summary: 'List the workflow runs of an order, step by step',
        description:
          'For operators. What was done for the order, tried again, waited for and undone, as the histories in Temporal have it: names, times and types of failures, no personal data. Where Temporal does not keep a history any more, the events of the order tell what they can.',
        tags: ['operation'],
        params: OrderPath,
        response: { 200: described(OrderRuns, 'The runs.'), ...problems('order_not_found') },
      },
    },
    async (request, reply) => {
      const { orderId } = request.params;
      reply.header('Cache-Control', 'no-store');
      return runs.read(clientOf(request).clientId, orderId);
    },
  );

  app.get(
    '/v1/links',
    {
      config: { scope: 'orders:read' },
      schema: {
        operationId: 'getLinks',
        summary: 'Read where the pages of other systems are',
        description:
          'Templates of URLs for an operator at the board: of a workflow run, of a trace, and of a payment. As configured; what is not configured is absent.',
        tags: ['operation'],
        response: { 200: described(Links, 'The templates.'), ...problems() },
      },
    },
    () => links,
  );
}
