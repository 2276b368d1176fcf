import type { SubscriptionAction } from '../adapters/postgres/stock-subscriptions.ts';

/** The link in a mail by which its reader confirms or ends a subscription. It answers a page with a button. */
export const subscriptionLink = (publicUrl: string, action: SubscriptionAction, token: string): string =>
  `${publicUrl}/v1/stock/subscriptions/${action}?token=${encodeURIComponent(token)}`;
