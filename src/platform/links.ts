import type { Links } from '../contracts/http/links.ts';
import type { Environment } from './environment.ts';
import { originOf } from './origin.ts';

const STRIPE = 'https://api.stripe.com';
const DASHBOARD = 'https://dashboard.stripe.com';

/**
 * The pages of other systems that the board links to: as given, or else those that are known. Temporal's UI is known where `npm start`
 * starts it, and Stripe's dashboard where Stripe itself is used. The sandbox has no page of a payment.
 */
export function linksOf(env: Environment): Links {
  const temporal =
    env.LINK_TEMPORAL ??
    (env.TEMPORAL_ADDRESS === undefined
      ? `${originOf('127.0.0.1', env.TEMPORAL_UI_PORT)}/namespaces/${env.TEMPORAL_NAMESPACE}/workflows/{workflowId}/{runId}/history`
      : undefined);
  const { LINK_TRACE: trace, LINK_PROVIDER: provider = dashboardOf(env) } = env;
  return {
    ...(temporal !== undefined && { temporal }),
    ...(trace !== undefined && { trace }),
    ...(provider !== undefined && { provider }),
  };
}

function dashboardOf({ STRIPE_API_BASE: base, STRIPE_API_KEY: key = '' }: Environment): string | undefined {
  if (base?.replace(/\/$/, '') !== STRIPE) return undefined;
  return `${DASHBOARD}${/^.k_test_/.test(key) ? '/test' : ''}/payments/{paymentIntent}`;
}
