import type Stripe from 'stripe';
import type { ChargeRequest } from '../../contracts/temporal/checkout.ts';
import { hasCaptures } from './capture.ts';
import { createdSince } from './created-since.ts';
import { isMissing } from './errors.ts';

/** Stripe's maximum. */
const PAGE_SIZE = 100;
/** Stripe's search has a payment a minute after it was made, except during an outage (docs.stripe.com/search#data-freshness). Seconds. */
const SEARCH_LAG_S = 120;

/**
 * Finds the PaymentIntent of an attempt before it is charged: among those that PostgreSQL knows; if the attempt may have reached Stripe,
 * among the newest page; and if Stripe may have deleted the idempotency key, by a search. Each of these is a few requests, however many
 * payments the account has. The search is up to a minute behind, and need not be newer: the key is deleted after 24 hours at the earliest,
 * so a payment that the search does not have yet is still found by its key.
 */
export async function findEarlierPayment(
  stripe: Stripe,
  charge: ChargeRequest,
): Promise<Stripe.PaymentIntent | undefined> {
  const found = await retrieveAll(stripe, charge, charge.paymentIntentIds ?? []);
  if (charge.triedBefore && !choose(charge, found)) {
    const { data } = await stripe.paymentIntents.list({
      created: createdSince(Date.parse(charge.placedAt)),
      ...pageOf(charge),
    });
    found.push(...data);
  }
  if (charge.keyForgotten === true && !choose(charge, found)) found.push(...(await search(stripe, charge)));
  return choose(charge, found);
}

/**
 * Finds the PaymentIntent of an attempt whose idempotency key has a stored error of the server, which may have charged it. If there is
 * none, the next attempt charges with another key, so nothing may be missed: the newest payments are listed, as far back as the search may
 * be behind, and the rest is searched. How far back is measured by Stripe's own clock, whatever the difference to ours.
 *
 * @throws if the search is too far behind to say that there is none
 */
export async function findFailedPayment(
  stripe: Stripe,
  charge: ChargeRequest,
): Promise<Stripe.PaymentIntent | undefined> {
  const found = await retrieveAll(stripe, charge, charge.paymentIntentIds ?? []);
  let newest: number | undefined;
  let oldest: Stripe.PaymentIntent | undefined;
  for await (const intent of stripe.paymentIntents.list(pageOf(charge))) {
    newest ??= intent.created;
    if (intent.created < newest - SEARCH_LAG_S) {
      oldest = intent;
      break;
    }
    if (intent.metadata['order_id'] !== charge.orderId) continue;
    found.push(intent);
    const paid = choose(charge, found);
    if (paid && hasMoney(paid)) return paid;
  }
  const listed = choose(charge, found);
  // Without an older payment the list has ended.
  if (listed || !oldest) return listed;
  const searched = choose(charge, await search(stripe, charge));
  if (!searched && !(await isSearchable(stripe, oldest)))
    throw new Error("The payment provider's search does not have the payments of the last minutes");
  return searched;
}

const hasMoney = ({ status }: Stripe.PaymentIntent): boolean =>
  status === 'succeeded' || status === 'requires_capture';

const pageOf = ({ capture }: ChargeRequest): Stripe.PaymentIntentListParams => ({
  limit: PAGE_SIZE,
  ...(capture === 'later' && { expand: ['data.latest_charge'] }),
});

/**
 * The PaymentIntent of this attempt. Also one of another attempt that has captured or authorised the order's money, except one that the
 * shop has captured in part: this attempt was requested because that one was not enough.
 */
function choose(charge: ChargeRequest, intents: Stripe.PaymentIntent[]): Stripe.PaymentIntent | undefined {
  const isOfAttempt = ({ metadata }: Stripe.PaymentIntent): boolean =>
    metadata['attempt'] === String(charge.attempt);
  const ofOrder = intents.filter(({ metadata }) => metadata['order_id'] === charge.orderId);
  return (
    ofOrder.find((intent) => hasMoney(intent) && (isOfAttempt(intent) || !hasCaptures(intent))) ??
    ofOrder.findLast(isOfAttempt)
  );
}

/** Retrieves what the search has found, because its copies are as old as its index. */
async function search(stripe: Stripe, charge: ChargeRequest): Promise<Stripe.PaymentIntent[]> {
  const query = `metadata['order_id']:'${charge.orderId}'`;
  const ids: string[] = [];
  for await (const { id } of stripe.paymentIntents.search({ query, limit: PAGE_SIZE })) ids.push(id);
  return retrieveAll(stripe, charge, ids);
}

async function isSearchable(stripe: Stripe, { id, created }: Stripe.PaymentIntent): Promise<boolean> {
  for await (const found of stripe.paymentIntents.search({ query: `created:${created}`, limit: PAGE_SIZE }))
    if (found.id === id) return true;
  return false;
}

async function retrieveAll(
  stripe: Stripe,
  { capture }: ChargeRequest,
  ids: readonly string[],
): Promise<Stripe.PaymentIntent[]> {
  const expand = capture === 'later' ? ['latest_charge'] : [];
  const found = await Promise.all(
    ids.map(async (id) => {
      try {
        return await stripe.paymentIntents.retrieve(id, { expand });
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    }),
  );
  return found.filter((intent) => intent !== undefined);
}
