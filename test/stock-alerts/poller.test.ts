import assert from 'node:assert/strict';
import { createStockAlerts, type StockAlerts } from '../../src/adapters/postgres/stock-alerts.ts';
import {
  createStockSubscriptions,
  type StockSubscriptions,
} from '../../src/adapters/postgres/stock-subscriptions.ts';
import { MailRefused, type OutgoingMail } from '../../src/contracts/ports/mailer.ts';
import { createLogger } from '../../src/platform/logging.ts';
import {
  startStockAlertPoller,
  type StockAlertPoller,
  type StockAlertPollerOptions,
} from '../../src/stock-alerts/poller.ts';
import { MAIL_STYLE } from '../../harness/mail-style.ts';
import { waitFor, waitUntilPasses } from '../../harness/wait-for.ts';
import { openShop, type Shop } from '../support/postgres.ts';
import { silentMailer } from '../support/silent-mailer.ts';

const EMAIL = 'ada.lovelace@example.com';

describe('the stock alert poller', function () {
  this.timeout(60_000);
  let shop: Shop;
  let alerts: StockAlerts;
  let subscriptions: StockSubscriptions;
  let sent: OutgoingMail[];
  let failure: Error | undefined;
  let log: string;
  const pollers: StockAlertPoller[] = [];

  beforeEach(async () => {
    shop = await openShop();
    alerts = createStockAlerts(shop.pool);
    subscriptions = createStockSubscriptions(shop.pool);
    sent = [];
    failure = undefined;
    log = '';
  });
  afterEach(async () => {
    await Promise.all(pollers.splice(0).map((poller) => poller.stop()));
    await shop.close();
  });

  function start(changes: Partial<StockAlertPollerOptions> = {}): void {
    const write = (text: string): void => void (log += text);
    pollers.push(
      startStockAlertPoller({
        alerts,
        subscriptions,
        mailer: {
          ...silentMailer,
          send(mail) {
            if (failure) return Promise.reject(failure);
            sent.push(mail);
            return Promise.resolve();
          },
        },
        style: MAIL_STYLE,
        alertsTo: 'Warehouse <stock@shop.example>',
        publicUrl: 'https://api.shop.example',
        delayMs: 0,
        pollIntervalMs: 10,
        backoff: { firstMs: 20, maxMs: 20 },
        logger: createLogger({ level: 'trace', destination: { write } }),
        ...changes,
      }),
    );
  }
  const put = (onHand: number, lowAt?: number) =>
    shop.catalogue.put('lamp', {
      ...{ title: 'Lamp', unitPrice: 900, currency: 'EUR', onHand },
      ...(lowAt !== undefined && { lowAt }),
    });
  const alertsOf = async (mailStatus: 'pending' | 'sent' | 'failed' | 'none'): Promise<number> =>
    (await alerts.list({ mailStatus }, 10)).length;
  const linkOf = (mail: OutgoingMail | undefined, action: string): URL => {
    const [link = ''] = new RegExp(`https://api[^\\s]*/${action}[^\\s]*`).exec(mail?.text ?? '') ?? [];
    return new URL(link);
  };

  it('sends one mail for an alert, with several processes at once', async () => {
    await put(2, 5);
    start();
    start();
    start();
    await waitUntilPasses(async () => {
      assert.equal(await alertsOf('sent'), 1);
    });
    const [mail, ...more] = sent;
    assert.deepEqual(more, []);
    assert.deepEqual(mail?.to, { address: 'stock@shop.example', name: 'Warehouse' });
    assert.match(mail.subject, /^Low stock: Lamp/);
    assert.match(mail.html ?? '', /Lamp/);
  });

  it('raises no alert before the delay', async () => {
    await put(2, 5);
    start({ delayMs: 600_000 });
    await put(3, 5);
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.deepEqual(await alerts.list({}, 10), []);
  });

  it('sends no mail where nobody is to get alerts', async () => {
    await put(2, 5);
    start({ alertsTo: undefined });
    await waitUntilPasses(async () => {
      assert.equal(await alertsOf('none'), 1);
    });
    assert.deepEqual(sent, []);
  });

  it('sends a mail again that the server could not take, with the same Message-ID', async () => {
    failure = new Error('connection refused');
    await put(2, 5);
    start();
    await waitUntilPasses(async () => {
      const [alert] = await alerts.list({ mailStatus: 'pending' }, 1);
      assert.deepEqual([alert?.mailError, (alert?.mailAttempts ?? 0) > 2], ['no_answer', true]);
    });
    failure = undefined;
    await waitUntilPasses(async () => {
      assert.equal(await alertsOf('sent'), 1);
    });
    assert.equal(sent.length, 1);
  });

  it('gives up a mail that is refused, and one that could not be sent for a day', async () => {
    failure = new MailRefused(550);
    await put(2, 5);
    start();
    await waitUntilPasses(async () => {
      assert.equal((await alerts.list({}, 1))[0]?.mailError, '550');
    });
    assert.equal(await alertsOf('failed'), 1);

    failure = new Error('connection refused');
    await put(0, 5);
    await waitUntilPasses(async () => {
      assert.equal((await alerts.list({}, 1))[0]?.mailError, 'no_answer');
    });
    assert.equal(await alertsOf('pending'), 1);
    await shop.pool.query(`update stock_alerts set raised_at = raised_at - interval '1 day'`);
    await waitUntilPasses(async () => {
      assert.equal(await alertsOf('failed'), 2);
    });
  });

  it('asks a subscriber to confirm, and writes when the item is back, in the language of the subscription', async () => {
    await put(0);
    await subscriptions.add({ clientId: 'shop', sku: 'lamp', email: EMAIL, locale: 'de' });
    start();
    await waitFor('the mail to confirm', () => Promise.resolve(sent.length === 1));
    const [confirm] = sent;
    assert.deepEqual([confirm?.to.address, confirm?.language], [EMAIL, 'de']);
    const confirmLink = linkOf(confirm, 'confirm');
    assert.equal(confirmLink.pathname, '/v1/stock/subscriptions/confirm');
    const token = confirmLink.searchParams.get('token') ?? '';
    assert.equal((await subscriptions.change(token, 'confirm'))?.status, 'confirmed');

    await put(4);
    await waitFor('the mail that the item is back', () => Promise.resolve(sent.length === 2));
    const back = sent[1];
    assert.match(back?.subject ?? '', /Lamp ist wieder da/);
    const url = new URL(back?.unsubscribeUrl ?? '');
    assert.equal(url.pathname, '/v1/stock/subscriptions/unsubscribe');
    assert.equal(linkOf(back, 'unsubscribe').href, url.href);
    assert.notEqual(url.searchParams.get('token'), token);
    assert.notEqual(back?.messageId, confirm?.messageId);
  });

  it('writes no address and no token into the log, whatever fails', async () => {
    await put(0);
    await subscriptions.add({ clientId: 'shop', sku: 'lamp', email: EMAIL });
    failure = new MailRefused(550, { cause: new Error(`550 no such user ${EMAIL}`) });
    start();
    await waitFor('the log of the refusal', () => Promise.resolve(log.includes('gave up')));
    failure = new Error(`cannot reach ${EMAIL}`);
    await put(1, 5);
    await waitFor('the log of the failure', () => Promise.resolve(log.split('could not send').length > 2));
    assert.ok(!log.includes(EMAIL) && !/token/i.test(log), log);
  });

  it('continues when PostgreSQL is back', async () => {
    let fails = true;
    const raise: StockAlerts['raise'] = (options) =>
      fails ? Promise.reject(new Error('connection lost')) : alerts.raise(options);
    await put(2, 5);
    start({ alerts: { ...alerts, raise } });
    await waitFor('the log of the failure', () => Promise.resolve(log.includes('it tries again')));
    fails = false;
    await waitUntilPasses(async () => {
      assert.equal(await alertsOf('sent'), 1);
    });
    assert.ok(log.includes('works again'));
  });
});
