import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { callFunction, type Pool } from './pool.ts';
import type { MailResult } from './stock-alerts.ts';

export interface NewSubscription {
  clientId: string;
  sku: string;
  email: string;
  locale?: string;
}

/** A subscription as its page shows it. */
export interface StockSubscription {
  status: 'requested' | 'confirmed' | 'notified' | 'cancelled';
  /** The title of the item. */
  title: string;
  locale?: string;
}

/** A mail to a subscriber, claimed by this process. */
export interface ClaimedSubscriptionMail {
  subscriptionId: string;
  kind: 'back_in_stock_confirm' | 'back_in_stock';
  /** With this one. */
  attempts: number;
  /** ISO 8601: since when it has to be sent. */
  since: string;
  email: string;
  locale?: string;
  title: string;
  /** Minor units of `currency`. */
  unitPrice: number;
  currency: string;
  /** For the links of this mail. It is stored nowhere. */
  token: string;
}

export type SubscriptionAction = 'confirm' | 'unsubscribe';

export interface StockSubscriptions {
  /**
   * Adds a subscription and its mail to confirm, or nothing where the address is subscribed already or has been sent many of these mails
   * today: the caller does not learn which. Returns false if there is no such item.
   */
  add(subscription: NewSubscription): Promise<boolean>;
  /** Returns `undefined` if the token is not valid, or the subscription was deleted. */
  find(token: string): Promise<StockSubscription | undefined>;
  /** Confirms or ends a subscription, and returns it. Safe to repeat; a subscription that has ended stays as it is. */
  change(token: string, action: SubscriptionAction): Promise<StockSubscription | undefined>;
  /** Makes mails for those who wait for items that can be bought. Safe to call from several processes. Returns how many. */
  notify(limit: number): Promise<number>;
  /** Claims mails that are due. A claim that is not settled within `leaseMs` may be claimed again. */
  claimMails(limit: number, leaseMs: number): Promise<ClaimedSubscriptionMail[]>;
  settleMail(
    mail: Pick<ClaimedSubscriptionMail, 'subscriptionId' | 'kind'>,
    result: MailResult,
  ): Promise<void>;
}

/** An address is sent at most this many mails to confirm within a day, so that nobody can be flooded with them. */
const MAX_CONFIRM_MAILS_PER_DAY = 5;
/** Some subscribers do not buy: this many are notified for each piece … */
const NOTIFIED_PER_PIECE = 5;
/** … within this time. Milliseconds. */
const NOTIFY_WINDOW_MS = 15 * 60_000;
/** 256 bit. */
const TOKEN_BYTES = 32;

/** Replaced where a test needs the same values in every run. */
export interface SubscriptionSecrets {
  readonly newId: () => string;
  readonly newToken: () => string;
}

const randomSecrets: SubscriptionSecrets = {
  newId: () => `sub_${randomUUID().replaceAll('-', '')}`,
  newToken: () => randomBytes(TOKEN_BYTES).toString('base64url'),
};

export function createStockSubscriptions(
  pool: Pool,
  { newId, newToken }: SubscriptionSecrets = randomSecrets,
): StockSubscriptions {
  return {
    async add(subscription) {
      const { found } = await callFunction<{ found: boolean }>(pool, 'subscribe_to_stock', {
        ...subscription,
        subscriptionId: newId(),
        maxMails: MAX_CONFIRM_MAILS_PER_DAY,
      });
      return found;
    },

    async find(token) {
      const { rows } = await pool.query<{ found: StockSubscription | null }>(
        'select stock_subscription_of($1) as found',
        [hashOf(token)],
      );
      return rows[0]?.found ?? undefined;
    },

    async change(token, action) {
      const asked = { tokenHash: hashOf(token), action };
      return (
        (await callFunction<StockSubscription | null>(pool, 'change_stock_subscription', asked)) ?? undefined
      );
    },

    notify: (limit) =>
      callFunction(pool, 'notify_stock_subscribers', {
        limit,
        perPiece: NOTIFIED_PER_PIECE,
        windowMs: NOTIFY_WINDOW_MS,
      }),

    async claimMails(limit, leaseMs) {
      const tokens = Array.from({ length: limit }, newToken);
      const claimed = await callFunction<Omit<ClaimedSubscriptionMail, 'token'>[]>(
        pool,
        'claim_subscription_mails',
        { tokenHashes: tokens.map(hashOf), leaseMs },
      );
      return claimed.flatMap((mail, index) => {
        const token = tokens[index];
        return token === undefined ? [] : [{ ...mail, token }];
      });
    },

    async settleMail({ subscriptionId, kind }, result) {
      const again = !result.sent && result.retryInMs !== undefined;
      await pool.query({
        name: 'settle_subscription_mail',
        text: `update stock_subscriptions
                  set mail = case when $2 then mail end, mail_error = $3,
                      mail_due_at = clock_timestamp() + $4 * interval '1 millisecond'
                where subscription_id = $1 and mail = $5`,
        values: [
          subscriptionId,
          again,
          result.sent ? null : result.error,
          result.sent ? 0 : (result.retryInMs ?? 0),
          kind,
        ],
      });
    },
  };
}

const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');
