import { QueuesView } from '../../contracts/http/board.ts';
import { described, problems } from '../lib/schemas.ts';
import type { Api } from '../lib/types.ts';

/** The queues are those of the whole shop, not of one client: do not give the scope to storefronts. */
export function queueRoutes(app: Api, readQueues: () => Promise<QueuesView>): void {
  app.get(
    '/v1/queues',
    {
      config: { scope: 'stats:read' },
      schema: {
        operationId: 'listQueues',
        summary: 'Count what waits for an operator',
        description: `Counted up to 10,000 each, and read once a second at most.

- \`attention\`: orders with a step that waits for an operator, except for those of \`disputes\` and \`carrier-lost\`.
- \`review\`: orders in review; \`dueAt\`: the next deadline.
- \`disputes\`: disputes that wait for evidence; \`dueAt\`: until when the first takes it.
- \`oversold\`: items of which orders are short; \`oldestAt\`: the oldest of these orders.
- \`carrier-lost\`: orders that no workflow carries on.
- \`returns\`: returns that were requested, or are open and not received.
- \`dead-letters\`: messages that wait to be replayed or discarded.
- \`webhooks\`: endpoints whose last delivery has failed, or that were disabled because of it.
- \`audit-differences\`: differences of the last audit.
- \`payment-unknown\`: orders whose payment has no result yet.
- \`holds\`: authorisations that end within 48 hours and are not captured; \`dueAt\`: the first end.
- \`late\`: shipments that were not handed over for 48 hours, or are on their way for 14 days.`,
        tags: ['operation'],
        response: { 200: described(QueuesView, 'The queues.'), ...problems() },
      },
    },
    () => readQueues(),
  );
}
