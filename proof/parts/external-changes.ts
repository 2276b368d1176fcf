import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import Stripe from 'stripe';
import { ApiError, messageOf } from '../../harness/api/errors.ts';
import { orderRequest, line } from '../../harness/orders.ts';
import { randomOf, type Random } from '../orders/random.ts';
import { violationLine } from '../report/report.ts';
import type { PartResult, Violation } from '../report/result.ts';
import { refusable } from '../system/refusable.ts';
import { runAudit } from '../system/run-audit.ts';
import { startServers } from '../system/servers.ts';
import { startShop, type Shop } from '../system/shop.ts';
import type { Part, ProofContext } from './part.ts';

export interface ExternalChangesPlan {
  /** How many orders, each with a list of moves of its own. */
  readonly sequences: number;
  readonly moves: number;
  /** How many run side by side: much of the time is spent waiting. */
  readonly sideBySide: number;
}

const FULL: ExternalChangesPlan = { sequences: 2_000, moves: 12, sideBySide: 16 };
const QUICK: ExternalChangesPlan = { sequences: 40, moves: 12, sideBySide: 8 };

/** Two pieces of an item of every shop; minor units. */
const TOTAL = 2_000;
/** How long after a move our records may differ from the provider's. */
const AGREES_WITHIN_MS = 60_000;
const POLL_INTERVAL_MS = 50;
/** A part of an order's money. */
const PARTS = [300, 500, 900];

/**
 * Random lists of what a person can do in the provider's dashboard, between everything that our own API can do with the same order. After
 * each move the money that the customer has paid is what the order says, none of it is without an owner, and nothing was charged that
 * nobody asked for.
 */
export const externalChangesPart: Part = {
  name: 'external-changes',
  run: (context) => runExternalChanges(context, context.quick ? QUICK : FULL),
};

/** One order with what was asked for. */
interface Subject {
  readonly orderId: string;
  readonly shop: Shop;
  readonly random: Random;
  /** The money that somebody has asked to capture, here or in the dashboard. */
  asked: number;
}

/** Returns whether there was anything to do, or what exactly was done: its amount, or that the API has refused it. */
type Move = (subject: Subject) => Promise<boolean | string>;

const MOVES: Readonly<Record<string, Move>> = {
  'dashboard: capture all': inDashboard('requires_capture', async (stripe, intent, subject) => {
    subject.asked += TOTAL;
    await stripe.paymentIntents.capture(intent.id);
  }),
  'dashboard: capture a part and release the rest': inDashboard(
    'requires_capture',
    async (stripe, intent, subject) => {
      const amount = partOf(subject, intent.amount_capturable);
      subject.asked += amount;
      await stripe.paymentIntents.capture(intent.id, { amount_to_capture: amount });
      return String(amount);
    },
  ),
  'dashboard: capture a part': inDashboard('requires_capture', async (stripe, intent, subject) => {
    const amount = partOf(subject, intent.amount_capturable);
    subject.asked += amount;
    await stripe.paymentIntents.capture(intent.id, { amount_to_capture: amount, final_capture: false });
    return String(amount);
  }),
  'dashboard: release the hold': inDashboard('requires_capture', async (stripe, intent) => {
    await stripe.paymentIntents.cancel(intent.id);
  }),
  'dashboard: refund all': inDashboard('captured', async (stripe, intent) => {
    const { amount } = await stripe.refunds.create({ payment_intent: intent.id });
    return String(amount);
  }),
  'dashboard: refund a part': inDashboard('captured', async (stripe, intent, subject) => {
    const amount = subject.random.pick(PARTS);
    await stripe.refunds.create({ payment_intent: intent.id, amount });
    return String(amount);
  }),
  'bank: the hold expires': inDashboard('requires_capture', async (_stripe, intent, { shop }) => {
    await shop.provider.control(`/payment_intents/${intent.id}/expire`);
  }),
  'bank: a late success': inDashboard('requires_action', async (_stripe, intent, { shop }) => {
    await shop.provider.control(`/payment_intents/${intent.id}/succeed_late`);
  }),
  'bank: a refund fails': inDashboard('captured', async (stripe, intent, { shop }) => {
    const { data } = await stripe.refunds.list({ payment_intent: intent.id, limit: 1 });
    if (data[0]?.status !== 'succeeded') return false;
    const { id, amount, metadata } = data[0];
    await shop.provider.control(`/refunds/${id}/fail`);
    return `${amount} of ${metadata?.['refund_id'] === undefined ? 'the dashboard' : 'the API'}`;
  }),
  'bank: a dispute': inDashboard('captured', async (_stripe, intent, { shop, random }) => {
    const [inquiry, part] = [random.below(4) === 0, random.below(2) === 0];
    const body = { inquiry, ...(part && { amount: random.pick(PARTS) }) };
    await shop.provider.control(`/payment_intents/${intent.id}/dispute`, body);
    return `${body.amount ?? TOTAL}${inquiry ? ' as an inquiry' : ''}`;
  }),
  'bank: the dispute is won': onDispute('win'),
  'bank: the dispute is lost': onDispute('lose'),
  'bank: the inquiry is closed': onDispute('close'),
  'API: capture all': byApi((subject) => {
    subject.asked += TOTAL;
    return ['', subject.shop.api.captureOrder(subject.orderId, {}, randomUUID())];
  }),
  'API: capture a part': byApi((subject) => {
    const amount = subject.random.pick(PARTS);
    subject.asked += amount;
    const final = subject.random.below(4) === 0;
    return [
      `${amount}${final ? ' and release the rest' : ''}`,
      subject.shop.api.captureOrder(subject.orderId, { amount, final }, randomUUID()),
    ];
  }),
  'API: refund all': byApi(({ shop, orderId }) => ['', shop.api.refundOrder(orderId, {}, randomUUID())]),
  'API: refund a part': byApi(({ shop, orderId, random }) => {
    const amount = random.pick(PARTS);
    return [String(amount), shop.api.refundOrder(orderId, { amount }, randomUUID())];
  }),
  'API: cancel': byApi(({ shop, orderId }) => ['', shop.api.cancelOrder(orderId)]),
  'operator: retry, skip or resolve': async ({ shop, orderId, random }) => {
    const { attention } = await shop.api.getOrder(orderId);
    if (!attention) return false;
    const wanted = random.pick(['retry', 'skip', 'resolve'] as const);
    const action = attention.actions.includes(wanted) ? wanted : 'retry';
    await refusable(shop.api.resolveAttention(orderId, { action }));
    return `${action} of ${attention.step}`;
  },
};

/** Cancelling and refunding everything end a list early: they are rarer. */
const WEIGHTS: Readonly<Record<string, number>> = {
  'API: cancel': 1,
  'API: refund all': 1,
  'dashboard: refund all': 1,
};
const NAMES = Object.keys(MOVES).flatMap((name) => Array.from({ length: WEIGHTS[name] ?? 3 }, () => name));

export async function runExternalChanges(
  context: ProofContext,
  plan: ExternalChangesPlan,
): Promise<PartResult> {
  const counts: Record<string, number> = {};
  const lists = new Map<string, List>();
  const violations: Violation[] = [];
  let done = 0;
  const servers = await startServers(context);
  try {
    const shop = await startShop({
      name: 'external',
      servers,
      built: await context.built(),
      folder: context.folder,
      settings: { PAYMENT_CAPTURE: 'later' },
    });
    try {
      const work = async (): Promise<void> => {
        for (let n = done; done < plan.sequences; n = done) {
          done += 1;
          const what = await runSequence(shop, context.seed + n, plan.moves, { counts, lists }).catch(
            messageOf,
          );
          if (what !== undefined) {
            const violation = { at: `list ${n} of seed ${context.seed}`, what };
            violations.push(violation);
            console.log(violationLine(violation));
          }
          context.progress(done, plan.sequences, `${violations.length} broken`);
        }
      };
      await Promise.all(Array.from({ length: plan.sideBySide }, work));
      for (const { orderId, what } of await auditedDifferences(shop))
        violations.push({ at: 'the audit at the end', what: what + after(orderId, lists) });
    } finally {
      await shop.stop();
    }
  } finally {
    await servers.stop();
  }
  const moves = Object.values(counts).reduce((sum, each) => sum + each, 0);
  return {
    title: 'External changes',
    faults: counts,
    orders: plan.sequences,
    recoveries: [],
    violations,
    notes: [
      `${plan.sequences} orders with ${moves} moves in all, up to ${plan.moves} each, one third of them without waiting for the one before. After each the sums that were captured, refunded and are held are the same here and at the provider.`,
    ],
  };
}

/** The moves of an order, in the sequence in which they began; `what` is missing where there was nothing to do. */
interface List {
  readonly seed: number;
  readonly method: string;
  readonly moves: { what?: string }[];
}

/** What has happened, for the moves of each order. */
interface Happened {
  readonly counts: Record<string, number>;
  readonly lists: Map<string, List>;
}

function after(orderId: string | undefined, lists: Happened['lists']): string {
  const list = orderId === undefined ? undefined : lists.get(orderId);
  if (!list) return '';
  const moves = list.moves.flatMap(({ what }) => what ?? []);
  return `\n    after ${[`${list.method} (seed ${list.seed})`, ...moves].join('; ')}`;
}

/** Runs one list of moves on an order of its own. Returns what was wrong, with the moves so far. */
async function runSequence(
  shop: Shop,
  seed: number,
  moves: number,
  { counts, lists }: Happened,
): Promise<string | undefined> {
  const random = randomOf(seed);
  const method = random.below(4) === 0 ? 'pm_card_authenticationRequired' : 'pm_card_visa';
  const { orderId } = await shop.api.placeOrder(
    orderRequest({ lines: [line('item-1', 2)], payment: { method } }),
    { key: randomUUID(), waitSeconds: 30 },
  );
  const subject: Subject = { orderId, shop, random, asked: 0 };
  const list: List = { seed, method, moves: [] };
  lists.set(orderId, list);
  const wrong = async (): Promise<string | undefined> => {
    const what = await disagreement(subject);
    return what === undefined ? undefined : `${orderId}: ${what}${after(orderId, lists)}`;
  };
  let running: Promise<unknown>[] = [];
  for (let n = 0; n < moves; n += 1) {
    const name = random.pick(NAMES);
    const move = MOVES[name];
    if (!move) throw new Error(`there is no move ${name}`);
    const waits = random.below(3) > 0;
    const entry: List['moves'][number] = {};
    list.moves.push(entry);
    const run = move(subject).then((happened) => {
      if (happened === false) return;
      counts[name] = (counts[name] ?? 0) + 1;
      const exactly = typeof happened === 'string' ? ` ${happened}`.trimEnd() : '';
      entry.what = `${name}${exactly}${waits ? '' : ' (and at once the next)'}`;
    });
    running.push(run);
    if (!waits) continue;
    await Promise.all(running);
    running = [];
    const what = await wrong();
    if (what !== undefined) return what;
  }
  await Promise.all(running);
  return wrong();
}

/** Waits until our records and those of the provider agree. Returns what is wrong if they never do. */
async function disagreement(subject: Subject): Promise<string | undefined> {
  const deadline = performance.now() + AGREES_WITHIN_MS;
  for (;;) {
    const wrong = await wrongNow(subject);
    if (wrong === undefined || performance.now() > deadline) return wrong;
    await delay(POLL_INTERVAL_MS);
  }
}

async function wrongNow({ shop, orderId, asked }: Subject): Promise<string | undefined> {
  const { rows } = await shop.pool.query<OurRecords>(
    `select o.status, coalesce(bool_or(p.settled_by_hand is not null), false) as "byHand",
            coalesce(sum(p.captured), 0)::int as captured, coalesce(sum(p.vouched_captured), 0)::int as "vouchedCaptured",
            coalesce(sum(p.refunded), 0)::int as refunded, coalesce(sum(p.vouched_refunded), 0)::int as "vouchedRefunded",
            coalesce(sum(p.capturable), 0)::int as capturable, coalesce(sum(p.vouched_hold), 0)::int as "vouchedHold",
            (select coalesce(string_agg(dispute_id || ' ' || status, ', ' order by dispute_id), '')
               from disputes where order_id = o.order_id) as disputes,
            o.cancelling or exists (select 1 from refunds where order_id = o.order_id and status = 'pending')
              or exists (select 1 from captures where order_id = o.order_id and status = 'pending') as pending
       from orders o left join payments p using (order_id) where o.order_id = $1 group by o.order_id`,
    [orderId],
  );
  const ours = rows[0];
  if (!ours) return 'the order is not there';
  const theirs = await sumsOf(shop, orderId);
  if (theirs.captured > Math.min(asked, TOTAL))
    return `the provider has taken ${theirs.captured}, and ${asked} were asked for`;
  if (theirs.refunded > theirs.captured) return 'more has gone back than was taken';
  const { rows: parked } = await shop.pool.query<{ step: string }>(
    `select step from parked_steps where order_id = $1 and step <> 'respondToDispute'`,
    [orderId],
  );
  // A step that waits for an operator has not said yet what becomes of its money: also that of a refund which the bank has returned.
  if (parked.some(({ step }) => ours.pending || step === 'refundPayment')) return undefined;
  const kept = theirs.captured - theirs.refunded - theirs.disputed + theirs.capturable;
  const isOver = ['cancelled', 'expired', 'payment_failed'].includes(ours.status);
  if (isOver && !ours.byHand && parked.length === 0 && kept > 0)
    return `the order is ${ours.status}, and the provider keeps ${JSON.stringify(theirs)}`;
  return ours.pending || !agree(ours, theirs)
    ? `our records (${ours.status}) have ${JSON.stringify(ours)}, and the provider ${JSON.stringify(theirs)}`
    : undefined;
}

interface OurRecords {
  status: string;
  byHand: boolean;
  captured: number;
  refunded: number;
  capturable: number;
  /** What an operator vouches for, although the provider may have none of it. */
  vouchedCaptured: number;
  vouchedRefunded: number;
  /** What the provider may hold although nothing is held here. */
  vouchedHold: number;
  disputes: string;
  pending: boolean;
}

const agree = (ours: OurRecords, theirs: Sums): boolean =>
  isWithin(ours.captured - theirs.captured, ours.vouchedCaptured) &&
  isWithin(ours.refunded - theirs.refunded, ours.vouchedRefunded) &&
  isWithin(theirs.capturable - ours.capturable, ours.vouchedHold) &&
  ours.disputes === theirs.disputes;

const isWithin = (difference: number, vouchedFor: number): boolean =>
  difference >= 0 && difference <= vouchedFor;

interface Sums {
  captured: number;
  refunded: number;
  capturable: number;
  /** What disputes have taken and not given back. */
  disputed: number;
  /** Each with its status. */
  disputes: string;
}

/** What the provider has of an order, in all its payments. */
async function sumsOf(shop: Shop, orderId: string): Promise<Sums> {
  const { stripe } = shop.provider;
  const sums: Sums = { captured: 0, refunded: 0, capturable: 0, disputed: 0, disputes: '' };
  const disputes: string[] = [];
  for (const intent of await intentsOf(shop, orderId)) {
    sums.captured += intent.amount_received;
    sums.capturable += intent.amount_capturable;
    if (intent.amount_received === 0) continue;
    const { data } = await stripe.refunds.list({ payment_intent: intent.id, limit: 100 });
    for (const { status, amount } of data)
      if (status !== 'failed' && status !== 'canceled') sums.refunded += amount;
    for (const dispute of await disputesOf(shop, intent.id)) {
      disputes.push(`${dispute.id} ${dispute.status}`);
      if (dispute.status !== 'won')
        sums.disputed -= dispute.balance_transactions.reduce((sum, each) => sum + each.amount, 0);
    }
  }
  return { ...sums, disputes: disputes.sort().join(', ') };
}

const intentsOf = async ({ provider }: Shop, orderId: string): Promise<Stripe.PaymentIntent[]> =>
  (await provider.stripe.paymentIntents.search({ query: `metadata['order_id']:'${orderId}'` })).data;

const disputesOf = async ({ provider }: Shop, paymentIntentId: string): Promise<Stripe.Dispute[]> =>
  (await provider.stripe.disputes.list({ payment_intent: paymentIntentId, limit: 100 })).data;

type DashboardState = 'requires_capture' | 'requires_action' | 'captured';

/**
 * A move on the newest payment of the order that is in this state; the dashboard offers it for no other. `act` may return that there is
 * nothing to do (false), or what exactly it did.
 */
function inDashboard(
  state: DashboardState,
  act: (stripe: Stripe, intent: Stripe.PaymentIntent, subject: Subject) => Promise<unknown>,
): Move {
  return async (subject) => {
    const intents = await intentsOf(subject.shop, subject.orderId);
    const intent = intents.find(({ status, amount_received: received }) =>
      state === 'captured' ? received > 0 : status === state,
    );
    if (!intent) return false;
    try {
      const what = await act(subject.shop.provider.stripe, intent, subject);
      return typeof what === 'string' ? what : what !== false;
    } catch (error) {
      // Something else has changed the payment in between, or there is not so much of it.
      if (error instanceof Stripe.errors.StripeInvalidRequestError || /: 409 /.test(messageOf(error)))
        return false;
      throw error;
    }
  };
}

/** A decision of the bank about the newest dispute of the order. */
function onDispute(decision: 'win' | 'lose' | 'close'): Move {
  return inDashboard('captured', async (_stripe, intent, { shop }) => {
    const [dispute] = await disputesOf(shop, intent.id);
    if (!dispute) return false;
    return shop.provider.control(`/disputes/${dispute.id}/${decision}`);
  });
}

/** `act` returns what is asked for, and the call that asks for it. */
function byApi(act: (subject: Subject) => readonly [what: string, call: Promise<unknown>]): Move {
  return async (subject) => {
    const [what, call] = act(subject);
    const result = await refusable(call);
    return `${what}${result instanceof ApiError ? ` (refused: ${result.code})` : ''}`;
  };
}

const partOf = ({ random }: Subject, capturable: number): number => Math.min(random.pick(PARTS), capturable);

/**
 * What the audit finds, but for orders of which an operator has been told: those whose hold somebody has released are paid without money,
 * a customer who disputes what was refunded has it twice, and while a capture waits for the operator, what is done in the dashboard waits
 * for it.
 */
async function auditedDifferences(shop: Shop): Promise<{ orderId: string | undefined; what: string }[]> {
  const { differences = [] } = await runAudit(shop, undefined);
  const { rows } = await shop.pool.query<{ order_id: string; rule: string | null }>(
    `select order_id, 'paid_without_money' as rule from payments where hold_ended is not null
     union all
     select order_id, 'paid_back_twice' from disputes where funds_withdrawn
     union all
     select order_id, null from captures join parked_steps using (order_id) where status = 'pending'`,
  );
  const isExpected = ({ rule, orderId }: { rule: string; orderId?: string | null }): boolean =>
    rows.some((row) => row.order_id === orderId && (row.rule === null || row.rule === rule));
  return differences
    .filter((difference) => !isExpected(difference))
    .map(({ orderId, rule, detail }) => ({
      orderId: orderId ?? undefined,
      what: `${rule}: ${detail} (${orderId ?? 'no order'})`,
    }));
}
