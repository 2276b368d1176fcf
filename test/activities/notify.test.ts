import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createNotificationActivities, type NotificationParts } from '../../src/activities/notification.ts';
import { createBackgroundWork } from '../../src/app/background-work.ts';
import { createMailLog, type MailLog } from '../../src/adapters/postgres/mail-log.ts';
import type { NotificationActivities } from '../../src/contracts/temporal/activities.ts';
import type { MailKind, MailView } from '../../src/contracts/http/mail.ts';
import { MailerBusy, MailRefused } from '../../src/contracts/ports/mailer.ts';
import { failureOf, runActivity } from '../support/activity-runs.ts';
import { MAIL_STYLE } from '../../harness/mail-style.ts';
import { checkoutOrder, line } from '../../harness/orders.ts';
import { openShop, type Shop } from '../support/postgres.ts';
import { openProvider, type Provider } from '../support/provider.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';

const EMAIL = 'ada.secret@example.com';

describe('notify', function () {
  this.timeout(120_000);
  let shop: Shop;
  let provider: Provider;
  let log: MailLog;
  let activities: NotificationActivities;

  before(async () => {
    shop = await openShop();
    provider = await openProvider();
    log = createMailLog(shop.pool);
    activities = notifying({});
  });
  after(async () => {
    await provider.close();
    await shop.close();
  });
  afterEach(() => provider.post('/smtp', { mode: 'accept' }));

  const notifying = (changes: Partial<NotificationParts>): NotificationActivities =>
    createNotificationActivities({ mails: log, mailer: provider.mailer, style: MAIL_STYLE, ...changes });

  async function reservedOrder(): Promise<string> {
    const sku = await shop.item(5, 1_250);
    const order = checkoutOrder({ lines: [line(sku, 2)], customer: { email: EMAIL, name: 'Ada' } });
    await shop.ledger.reserveStock([order]);
    return order.orderId;
  }

  const rows = (orderId: string): Promise<MailView[]> =>
    log.list({ clientId: 'development', orderId, limit: 100 });
  const messageIds = async (orderId: string): Promise<string[]> =>
    (await provider.mailsOf(orderId)).map(({ messageId }) => messageId);

  it('sends one mail for each order and kind, with the ordered items', async () => {
    const orderId = await reservedOrder();
    assert.deepEqual(await runActivity(activities, 'notify', [[{ orderId, kind: 'created' }]]), [
      { orderId, kind: 'created', status: 'sent' },
    ]);
    const [mail, ...others] = await provider.mailsOf(orderId);
    assert.deepEqual(others, []);
    assert.deepEqual(mail?.to, [EMAIL]);
    assert.match(mail.text, /Hello Ada/);
    for (const part of [mail.text, mail.html ?? ''])
      assert.match(part, /2(\s|&nbsp;)(×|&#215;)[^]*Test item \d+[^]*(€|&#8364;)25\.00/);
    const [row] = await rows(orderId);
    assert.equal(row?.status, 'sent');
    assert.equal(row.messageId, mail.messageId);
  });

  it('sends both mails of one call, each with a Message-ID of its own', async () => {
    const orderId = await reservedOrder();
    const kinds: MailKind[] = ['created', 'paid'];
    await runActivity(activities, 'notify', [kinds.map((kind) => ({ orderId, kind }))]);
    assert.equal(new Set(await messageIds(orderId)).size, 2);
    assert.equal((await provider.mailsOf(orderId)).length, 2);
  });

  it('does not send a mail again that was sent', async () => {
    const orderId = await reservedOrder();
    for (const attempt of [1, 2, 3])
      assert.deepEqual(await runActivity(activities, 'notify', [[{ orderId, kind: 'paid' }]], attempt), [
        { orderId, kind: 'paid', status: 'sent' },
      ]);
    assert.equal((await provider.mailsOf(orderId)).length, 1);
  });

  it('does not send a mail again when another mail of the same call failed', async () => {
    const orderId = await reservedOrder();
    await runActivity(activities, 'notify', [[{ orderId, kind: 'created' }]]);
    await provider.post('/smtp', { mode: 'defer' });
    const both = (['created', 'paid'] as const).map((kind) => ({ orderId, kind }));
    await failureOf(runActivity(activities, 'notify', [both]));
    assert.deepEqual(
      (await rows(orderId)).map(({ kind, status }) => [kind, status]),
      [
        ['created', 'sent'],
        ['paid', 'failed'],
      ],
    );
    await provider.post('/smtp', { mode: 'accept' });
    await runActivity(activities, 'notify', [both], 2);
    assert.equal((await provider.mailsOf(orderId)).length, 2);
  });

  it('fails retryably when the server defers the mail, without personal data, and sends later', async () => {
    const orderId = await reservedOrder();
    await provider.post('/smtp', { mode: 'defer' });
    const failure = await failureOf(runActivity(activities, 'notify', [[{ orderId, kind: 'created' }]]));
    assert.equal(failure.type, 'MailFault');
    assert.equal(failure.nonRetryable ?? false, false);
    assert.deepEqual(failure.details, [[orderId]]);
    const kept = await rows(orderId);
    assert.deepEqual([kept[0]?.status, kept[0]?.error], ['failed', '451']);
    const said = JSON.stringify([failure.message, failure.details, failure.cause, failure.stack, kept]);
    assert.ok(!said.includes('ada.secret') && !said.includes('Ada'), said);

    await provider.post('/smtp', { mode: 'accept' });
    await runActivity(activities, 'notify', [[{ orderId, kind: 'created' }]], 2);
    const [row] = await rows(orderId);
    assert.deepEqual([row?.status, row?.attempts, row?.error], ['sent', 2, undefined]);
    assert.deepEqual(await messageIds(orderId), [row?.messageId]);
  });

  it('ends with a mail that the server refuses for good, which the list of mails shows, and sends the others', async () => {
    const [orderId, other] = [await reservedOrder(), await reservedOrder()];
    const refusing = notifying({
      mailer: {
        ...provider.mailer,
        send: (mail) =>
          mail.orderId === orderId ? Promise.reject(new MailRefused(550)) : provider.mailer.send(mail),
      },
    });
    const both = [orderId, other].map((each) => ({ orderId: each, kind: 'created' as const }));
    const outcome = [
      { orderId, kind: 'created', status: 'refused' },
      { orderId: other, kind: 'created', status: 'sent' },
    ];
    assert.deepEqual(await runActivity(refusing, 'notify', [both]), outcome);
    assert.deepEqual(await runActivity(activities, 'notify', [both], 2), outcome);
    const [row] = await rows(orderId);
    assert.deepEqual([row?.status, row?.error, row?.attempts, row?.sentAt], ['refused', '550', 1, undefined]);
    assert.deepEqual(await messageIds(orderId), []);
    assert.equal((await messageIds(other)).length, 1);
    const events = (await shop.reader.events(orderId)).filter(({ type }) =>
      type.endsWith('.mail_refused.v1'),
    );
    assert.deepEqual(
      events.map(({ data }) => data['mail']),
      [{ kind: 'created', part: 1, error: '550' }],
    );
    assert.ok(!JSON.stringify(events).includes('ada.secret'));
  });

  it('sends a mail that was refused for good to the corrected address, once it is reopened', async () => {
    const [orderId, other] = [await reservedOrder(), await reservedOrder()];
    const refusing = notifying({
      mailer: { ...provider.mailer, send: () => Promise.reject(new MailRefused(550)) },
    });
    const mail = { orderId, kind: 'created', part: 1 } as const;
    await runActivity(refusing, 'notify', [[mail, { ...mail, orderId: other }]]);
    const asked = { clientId: 'development', orderId, email: 'corrected@example.com' };
    assert.equal(await log.reopen({ ...asked, clientId: 'another' }), undefined);
    assert.deepEqual(await log.reopen({ ...asked, kind: 'paid' }), []);
    assert.deepEqual(await log.reopen(asked), [{ kind: 'created', part: 1 }]);
    await runActivity(activities, 'notify', [[mail, { ...mail, orderId: other }]]);
    assert.deepEqual(
      (await provider.mailsOf(orderId)).flatMap(({ to }) => to),
      ['corrected@example.com'],
    );
    assert.deepEqual(await messageIds(other), []);
    assert.deepEqual(await log.reopen({ ...asked, email: 'another@example.com' }), []);
    assert.equal((await shop.reader.find(orderId))?.view.customer?.email, 'corrected@example.com');
  });

  describe('while the mail server takes longer than an attempt', () => {
    /** A mail server that has each mail and answers when it is told to. */
    function slowServer() {
      const answers: ((error?: Error) => void)[] = [];
      const mailer: NotificationParts['mailer'] = {
        ...provider.mailer,
        send: () =>
          new Promise((resolve, reject) => {
            answers.push((error) => {
              if (error) reject(error);
              else resolve();
            });
          }),
      };
      return { answers, mailer };
    }
    const created = (orderId: string) =>
      [[{ orderId, kind: 'created' as const }]] as [[{ orderId: string; kind: 'created' }]];

    it('gives the server the mail once: the next attempts wait for its answer', async () => {
      const orderId = await reservedOrder();
      const { answers, mailer } = slowServer();
      const [first, second] = [notifying({ mailer, leaseMs: 800 }), notifying({ mailer, leaseMs: 800 })];
      for (const attempt of [1, 2, 3]) {
        const failure = await failureOf(
          runActivity(attempt === 1 ? first : second, 'notify', created(orderId), attempt),
        );
        assert.deepEqual([failure.type, failure.category], ['MailInProgress', 'BENIGN']);
        assert.deepEqual(failure.details, [[orderId]]);
        await delay(500);
      }
      assert.equal(answers.length, 1);
      answers[0]?.();
      await waitUntilPasses(async () => {
        assert.equal((await rows(orderId))[0]?.status, 'sent');
      });
      assert.deepEqual(await runActivity(second, 'notify', created(orderId), 4), [
        { orderId, kind: 'created', status: 'sent' },
      ]);
      assert.equal(answers.length, 1);
    });

    it('sends the mail again at once when the server has refused it for now', async () => {
      const orderId = await reservedOrder();
      const { answers, mailer } = slowServer();
      await failureOf(runActivity(notifying({ mailer }), 'notify', created(orderId)));
      answers[0]?.(new Error('try again later'));
      await waitUntilPasses(async () => {
        assert.equal((await rows(orderId))[0]?.status, 'failed');
      });
      await runActivity(activities, 'notify', created(orderId), 2);
      assert.equal((await messageIds(orderId)).length, 1);
    });

    it('is in the background until the answer is recorded, or the mail is handed back', async () => {
      const [orderId, other] = [await reservedOrder(), await reservedOrder()];
      const background = createBackgroundWork();
      const { answers, mailer } = slowServer();
      const slow = notifying({
        mailer,
        inBackground: (work) => {
          background.add(work);
        },
      });
      for (const each of [orderId, other]) await failureOf(runActivity(slow, 'notify', created(each)));
      const started = performance.now();
      await background.done(100);
      assert.ok(performance.now() - started >= 95);
      answers[0]?.();
      answers[1]?.(new MailerBusy());
      await background.done(10_000);
      assert.ok(performance.now() - started < 5_000);
      assert.equal((await rows(orderId))[0]?.status, 'sent');
      await runActivity(activities, 'notify', created(other), 2);
      assert.equal((await messageIds(other)).length, 1);
    });

    it('leaves the mail to the attempt that has its lease when its own has run out', async () => {
      const orderId = await reservedOrder();
      const { answers, mailer } = slowServer();
      const cutOff = notifying({
        mailer,
        mails: { ...log, extend: () => Promise.reject(new Error('no database')) },
        leaseMs: 800,
      });
      await failureOf(runActivity(cutOff, 'notify', created(orderId)));
      await delay(900);
      const other = slowServer();
      await failureOf(runActivity(notifying({ mailer: other.mailer }), 'notify', created(orderId), 2));
      answers[0]?.(new Error('no answer'));
      await delay(300);
      assert.equal((await rows(orderId))[0]?.status, 'pending');
      other.answers[0]?.();
      await waitUntilPasses(async () => {
        assert.equal((await rows(orderId))[0]?.status, 'sent');
      });
    });
  });

  it('sends a mail again with the same Message-ID when it is unknown whether the server accepted it', async () => {
    const orderId = await reservedOrder();
    await provider.post('/smtp', { mode: 'drop-after-data' });
    await failureOf(runActivity(activities, 'notify', [[{ orderId, kind: 'created' }]]));
    await provider.post('/smtp', { mode: 'accept' });
    await runActivity(activities, 'notify', [[{ orderId, kind: 'created' }]], 2);
    const ids = await messageIds(orderId);
    assert.ok(ids.length >= 2);
    assert.equal(new Set(ids).size, 1);
  });

  it('sends a mail again with the same Message-ID after a crash before it was marked as sent', async () => {
    const orderId = await reservedOrder();
    const crashing = notifying({
      mails: {
        ...log,
        markSent: () => Promise.reject(new Error('the process has died')),
        extend: () => Promise.reject(new Error('the process has died')),
      },
      leaseMs: 1_000,
      writeBackoff: { firstMs: 1, maxMs: 10 },
    });
    await assert.rejects(runActivity(crashing, 'notify', [[{ orderId, kind: 'paid' }]]));
    assert.equal((await rows(orderId))[0]?.status, 'pending');
    const early = await failureOf(runActivity(activities, 'notify', [[{ orderId, kind: 'paid' }]], 2));
    assert.equal(early.type, 'MailInProgress');
    await delay(1_000);
    await runActivity(activities, 'notify', [[{ orderId, kind: 'paid' }]], 3);
    const ids = await messageIds(orderId);
    assert.equal(ids.length, 2);
    assert.equal(new Set(ids).size, 1);
  });

  it('keeps the Message-ID of the first attempt when the sender has changed meanwhile', async () => {
    const orderId = await reservedOrder();
    await provider.post('/smtp', { mode: 'defer' });
    await failureOf(runActivity(activities, 'notify', [[{ orderId, kind: 'created' }]]));
    await provider.post('/smtp', { mode: 'accept' });
    const moved = notifying({
      mailer: { ...provider.mailer, messageId: (name) => `<${name}@elsewhere.example>` },
    });
    await runActivity(moved, 'notify', [[{ orderId, kind: 'created' }]], 2);
    assert.deepEqual(await messageIds(orderId), [`<${orderId}.created@shop.example>`]);
  });

  it('leaves a mail for which the rate has no room to a later attempt, which is no failure', async () => {
    const orderId = await reservedOrder();
    const full = notifying({
      mailer: { ...provider.mailer, send: () => Promise.reject(new MailerBusy('no room')) },
    });
    const failure = await failureOf(runActivity(full, 'notify', [[{ orderId, kind: 'created' }]]));
    assert.deepEqual([failure.type, failure.category, failure.nonRetryable], ['MailerBusy', 'BENIGN', false]);
    assert.deepEqual(
      (await rows(orderId)).map(({ status, error }) => [status, error]),
      [['pending', undefined]],
    );
    await runActivity(activities, 'notify', [[{ orderId, kind: 'created' }]], 2);
    assert.equal((await messageIds(orderId)).length, 1);
  });

  it('is retried when the database is unavailable', async () => {
    const unavailable = notifying({
      mails: { ...log, claim: () => Promise.reject(new Error('connection lost by ada.secret@example.com')) },
    });
    const orderId = await reservedOrder();
    const failure = await failureOf(runActivity(unavailable, 'notify', [[{ orderId, kind: 'paid' }]]));
    assert.equal(failure.type, 'DatabaseFault');
    assert.notEqual(failure.nonRetryable, true);
    assert.ok(!failure.message.includes('ada.secret'));
    assert.deepEqual(await messageIds(orderId), []);
  });

  it('leaves a mail to its task queue while the mailer is busy, and logs no warning about it', async () => {
    const orderId = await reservedOrder();
    const busy = notifying({ mailer: { ...provider.mailer, busy: () => true } });
    const warnings: string[] = [];
    const logger = new DefaultLogger('WARN', ({ message }) => warnings.push(message));
    const notify = (isLocal: boolean) =>
      new MockActivityEnvironment({ isLocal }, { logger }).run(() =>
        busy.notify([{ orderId, kind: 'created' }]),
      );
    const failure = await failureOf(notify(true));
    assert.deepEqual([failure.type, failure.nonRetryable], ['MailerBusy', true]);
    assert.deepEqual(warnings, []);
    assert.deepEqual(await messageIds(orderId), []);

    await notify(false);
    assert.equal((await messageIds(orderId)).length, 1);
  });

  it('fails for good on a mail of an unknown order, with nothing but the SQLSTATE', async () => {
    const failure = await failureOf(
      runActivity(activities, 'notify', [[{ orderId: 'ord_unknown', kind: 'paid' }]]),
    );
    assert.deepEqual([failure.type, failure.nonRetryable], ['InvariantViolated', true]);
    assert.equal(failure.message, 'PostgreSQL answered 23503');
  });
});
