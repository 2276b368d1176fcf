import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type {
  StockSubscription,
  StockSubscriptions,
  SubscriptionAction,
} from '../../adapters/postgres/stock-subscriptions.ts';
import { Problem } from '../../contracts/errors.ts';
import { Sku } from '../../contracts/http/order.ts';
import { StockSubscriptionReceipt, StockSubscriptionRequest } from '../../contracts/http/stock-alerts.ts';
import { prefersHtml } from '../lib/accept.ts';
import { BODY_PROBLEMS, described, problems, problemsWithoutKey } from '../lib/schemas.ts';
import { subscriptionPage, unknownPage } from '../lib/subscription-page.ts';
import type { Api } from '../lib/types.ts';
import { clientOf } from '../plugins/authentication.ts';

export interface StockSubscriptionRoutesParts {
  subscriptions: StockSubscriptions;
  /** As customers know it. */
  shopName: string;
}

/** A browser sends an empty form; a mail client sends `List-Unsubscribe=One-Click` (RFC 8058). Bytes. */
const FORM_LIMIT = 1_024;

const ItemPath = Type.Object({ sku: Sku }, { additionalProperties: false });
/** A link may have come through a service that adds parameters of its own. */
const TokenQuery = Type.Object({
  token: Type.String({ pattern: '^[A-Za-z0-9_-]{1,100}$', description: 'The token in the link of a mail.' }),
});

const SUMMARIES: Record<SubscriptionAction, { get: string; post: string }> = {
  confirm: { get: 'Show a subscription and a button to confirm it', post: 'Confirm a subscription' },
  unsubscribe: { get: 'Show a subscription and a button to end it', post: 'End a subscription' },
};
const OPERATIONS: Record<SubscriptionAction, { get: string; post: string }> = {
  confirm: { get: 'showSubscriptionToConfirm', post: 'confirmSubscription' },
  unsubscribe: { get: 'showSubscriptionToEnd', post: 'endSubscription' },
};

export async function stockSubscriptionRoutes(
  app: Api,
  { subscriptions, shopName }: StockSubscriptionRoutesParts,
): Promise<void> {
  app.post(
    '/v1/stock/:sku/subscriptions',
    {
      config: { scope: 'subscriptions:write' },
      schema: {
        operationId: 'subscribeToStock',
        summary: 'Subscribe an address to the return of an item',
        description:
          'The address is sent a link by which its owner confirms the subscription, and one mail when the item can be bought again. The answer is the same whether the address is subscribed already or not. Safe to repeat.',
        tags: ['stock'],
        params: ItemPath,
        body: StockSubscriptionRequest,
        response: {
          202: described(StockSubscriptionReceipt, 'The subscription was accepted.'),
          ...problems('item_not_found', ...BODY_PROBLEMS),
        },
      },
    },
    async (request, reply) => {
      const { sku } = request.params;
      const found = await subscriptions.add({ clientId: clientOf(request).clientId, sku, ...request.body });
      if (!found) throw new Problem('item_not_found', `There is no item ${sku}.`);
      return reply.code(202).send({ accepted: true });
    },
  );

  await app.register((scope: Api, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      '*',
      { parseAs: 'buffer', bodyLimit: FORM_LIMIT },
      (_request, _body, parsed) => {
        parsed(null, undefined);
      },
    );
    for (const action of ['confirm', 'unsubscribe'] as const) addPages(scope, action);
    done();
  });

  /** Mail scanners follow links, so that a link alone changes nothing. */
  function addPages(scope: Api, action: SubscriptionAction): void {
    const url = `/v1/stock/subscriptions/${action}`;
    const description = 'A link in a mail leads here. A browser is shown a page for a problem, too.';
    const options = (method: 'get' | 'post') => ({
      config: { withoutKey: true },
      schema: {
        operationId: OPERATIONS[action][method],
        summary: SUMMARIES[action][method],
        description,
        tags: ['stock'],
        security: [],
        querystring: TokenQuery,
        response: {
          200: { description: 'A page.', content: { 'text/html': { schema: Type.String() } } },
          ...problemsWithoutKey('rate_limited', 'subscription_not_found'),
        },
      },
    });

    scope.get(url, options('get'), async (request, reply) => {
      return answer(request, reply, action, await subscriptions.find(request.query.token));
    });
    scope.post(url, { ...options('post'), bodyLimit: FORM_LIMIT }, async (request, reply) => {
      return answer(request, reply, action, await subscriptions.change(request.query.token, action));
    });
  }

  function answer(
    request: FastifyRequest,
    reply: FastifyReply,
    action: SubscriptionAction,
    subscription: StockSubscription | undefined,
  ): string {
    reply.header('Cache-Control', 'no-store').header('X-Robots-Tag', 'noindex');
    if (!subscription && !prefersHtml(request.headers.accept))
      throw new Problem('subscription_not_found', 'The link is not valid, or the subscription was deleted.');
    reply.type('text/html; charset=utf-8').serializer(String);
    if (subscription) return subscriptionPage(subscription, action, shopName);
    reply.code(404);
    return unknownPage(shopName);
  }
}
