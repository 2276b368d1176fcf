import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { createMailRate } from '../../src/adapters/smtp/mail-rate.ts';
import { createMailer, type MailerOptions } from '../../src/adapters/smtp/mailer.ts';
import { MailerBusy, MailRefused, type Mailer, type OutgoingMail } from '../../src/contracts/ports/mailer.ts';
import type { ReceivedMail } from '../../harness/sandbox-client.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { openProvider, type Provider } from '../support/provider.ts';

describe('the mailer', function () {
  this.timeout(60_000);
  let provider: Provider;
  const closers: (() => void)[] = [];
  before(async () => {
    provider = await openProvider();
  });
  after(() => provider.close());
  afterEach(async () => {
    for (const close of closers.splice(0)) close();
    await provider.post('/smtp', { mode: 'accept' });
  });

  const mailerWith = (options: Partial<MailerOptions> = {}): Mailer => {
    const mailer = createMailer({
      smtpUrl: provider.smtpUrl,
      from: 'Shop <orders@shop.example>',
      ...options,
    });
    closers.push(() => {
      mailer.close();
    });
    return mailer;
  };
  const mail = (orderId: string, changes: Partial<OutgoingMail> = {}): OutgoingMail => ({
    messageId: `<${orderId}.paid@shop.example>`,
    orderId,
    to: { address: 'ada@example.com', name: 'Ada' },
    subject: 'Your order is confirmed',
    text: 'Thank you',
    ...changes,
  });
  const received = async (orderId: string): Promise<ReceivedMail> => {
    const [found] = await provider.mailsOf(orderId);
    assert(found);
    return found;
  };

  it('sends HTML and plain text, where answers go, and the language', async () => {
    await mailerWith({ replyTo: 'Service <service@shop.example>' }).send(
      mail('ord_parts', { html: '<p>Thank <b>you</b></p>', language: 'de' }),
    );
    const { text, html, headers } = await received('ord_parts');
    assert.match(text, /^Thank you/);
    assert.match(html ?? '', /<b>you<\/b>/);
    assert.match(headers['content-type'] ?? '', /^multipart\/alternative/);
    assert.equal(headers['reply-to'], 'Service <service@shop.example>');
    assert.equal(headers['content-language'], 'de');
    assert.equal(headers['list-unsubscribe'], undefined);
  });

  it('sends every character, long lines, and lines that begin with a dot', async () => {
    const lines = ['Grüße, 订单 🎉, 24,00 €', '.', '..', `long ${'word '.repeat(400)}`];
    await mailerWith().send(
      mail('ord_signs', { text: lines.join('\n'), html: `<p>${lines[0]}</p>\n.\n<p>${lines[3]}</p>` }),
    );
    const { text, html } = await received('ord_signs');
    assert.equal(text.trimEnd(), lines.join('\n').trimEnd());
    assert.equal(
      html?.trimEnd(),
      `<p>Gr&#252;&#223;e, &#35746;&#21333; &#127881;, 24,00 &#8364;</p>\n.\n<p>${lines[3]}</p>`,
    );
  });

  it('offers the end of a subscription to the mail client', async () => {
    const unsubscribeUrl = `https://shop.example/unsubscribe?token=${'x'.repeat(120)}`;
    await mailerWith().send(mail('ord_list', { unsubscribeUrl }));
    const { headers } = await received('ord_list');
    assert.equal(headers['list-unsubscribe'], `<${unsubscribeUrl}>`);
    assert.equal(headers['list-unsubscribe-post'], 'List-Unsubscribe=One-Click');
  });

  it('adds no header for a line break in the subject or in the name', async () => {
    await mailerWith().send(
      mail('ord_inject', {
        subject: 'Paid\r\nBcc: victim@example.com\r\n\r\nbody',
        to: { address: 'ada@example.com', name: 'Ada\r\nBcc: victim@example.com' },
      }),
    );
    const { headers, envelope, text } = await received('ord_inject');
    assert.equal(headers['bcc'], undefined);
    assert.deepEqual(envelope.to, ['ada@example.com']);
    assert.match(text, /^Thank you/);
  });

  it('tells a mail that is refused for good from one that may be sent later', async () => {
    const mailer = mailerWith();
    await provider.post('/smtp', { mode: 'refuse' });
    await assert.rejects(
      mailer.send(mail('ord_refused')),
      (error) => error instanceof MailRefused && error.code === 550 && !error.message.includes('ada@'),
    );
    await provider.post('/smtp', { mode: 'defer' });
    await assert.rejects(mailer.send(mail('ord_deferred')), (error) => !(error instanceof MailRefused));
    await provider.post('/smtp', { mode: 'drop-after-data' });
    await assert.rejects(mailer.send(mail('ord_dropped')), (error) => !(error instanceof MailRefused));
  });

  it('ends with the mails that the server has, and hands back the others, when the process ends', async () => {
    const answers: (() => void)[] = [];
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      onRcptTo: ({ address }, _session, callback) => {
        if (address.startsWith('waits@')) answers.push(callback);
        else callback();
      },
      onData: (stream, _session, callback) => {
        stream.resume();
        stream.on('end', () => answers.push(callback));
      },
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(() => {
      server.close();
    });
    const { port } = server.server.address() as AddressInfo;
    const mailer = mailerWith({ smtpUrl: `smtp://127.0.0.1:${port}` });
    const given = mailer.send(mail('ord_given'));
    const notGiven = mailer.send(mail('ord_not_given', { to: { address: 'waits@example.com' } }));
    await waitUntilPasses(() => {
      assert.equal(answers.length, 2);
    });
    const stopped = mailer.stop();
    await assert.rejects(notGiven, MailerBusy);
    await assert.rejects(mailer.send(mail('ord_late')), MailerBusy);
    for (const answer of answers) answer();
    await given;
    await stopped;
  });

  const refusal = (code: number): Error => Object.assign(new Error('refused'), { responseCode: code });
  const servers: Record<string, SMTPServerOptions> = {
    credentials: {
      onAuth: (_auth, _session, done) => {
        done(refusal(535));
      },
    },
    'the sender': {
      authOptional: true,
      onMailFrom: (_from, _session, done) => {
        done(refusal(550));
      },
    },
    'the connection': {
      authOptional: true,
      onConnect: (_session, done) => {
        done(refusal(554));
      },
    },
  };
  for (const [what, options] of Object.entries(servers))
    it(`sends a mail later when the server refuses ${what}, which concerns every mail`, async () => {
      const server = new SMTPServer({ disabledCommands: ['STARTTLS'], allowInsecureAuth: true, ...options });
      server.on('error', () => undefined);
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
      closers.push(() => {
        server.close();
      });
      const { port } = server.server.address() as AddressInfo;
      const mailer = mailerWith({ smtpUrl: `smtp://user:wrong@127.0.0.1:${port}` });
      await assert.rejects(mailer.send(mail('ord_later')), (error) => !(error instanceof MailRefused));
    });

  it('sends no more mails a second than the rate allows', async () => {
    const mailer = mailerWith({ ratePerSecond: 5 });
    const start = performance.now();
    assert.equal(mailer.busy(), false);
    const sending = Array.from({ length: 8 }, (_, index) => mailer.send(mail(`ord_rate${index}`)));
    assert.equal(mailer.busy(), true);
    await Promise.all(sending);
    const seconds = (performance.now() - start) / 1_000;
    assert.ok(seconds > 1.35 && seconds < 8, `${seconds} s`);
    assert.equal(mailer.busy(), false);
  });

  it('lets no mail wait longer than its attempt may take', () => {
    let now = 0;
    const rate = createMailRate(2, 1_000, () => now);
    assert.deepEqual([rate.reserve(), rate.reserve(), rate.reserve()], [0, 500, 1_000]);
    assert.equal(rate.reserve(), undefined);
    assert.equal(rate.pause(), 1_500);
    now = 1_500;
    assert.deepEqual([rate.reserve(), rate.reserve()], [0, 500]);
    now = 60_000;
    assert.deepEqual([rate.reserve(), rate.reserve()], [0, 500]);
  });

  it('does not send a mail that still waits when its attempt is over', async () => {
    const mailer = mailerWith({ ratePerSecond: 2 });
    const attempt = new AbortController();
    await mailer.send(mail('ord_in_time'));
    const late = mailer.send(mail('ord_late'), attempt.signal);
    attempt.abort();
    await assert.rejects(late, (error) => !(error instanceof MailRefused));
    await mailer.send(mail('ord_next'));
    assert.deepEqual(await provider.mailsOf('ord_late'), []);
    assert.equal(mailer.busy(), false);
  });

  it('closes the connection of a mail whose attempt is over', async () => {
    let closed = false;
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      onRcptTo: () => undefined, // never answers
      onClose: () => {
        closed = true;
      },
    });
    server.on('error', () => undefined);
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    closers.push(() => {
      server.close();
    });
    const { port } = server.server.address() as AddressInfo;
    const sending = mailerWith({ smtpUrl: `smtp://127.0.0.1:${port}` }).send(
      mail('ord_stalled'),
      AbortSignal.timeout(300),
    );
    await assert.rejects(sending, (error) => !(error instanceof MailRefused));
    await waitUntilPasses(() => {
      assert.ok(closed);
    });
  });

  it('gives up a mail for which the server is not ready in time, and waits for longer once it has the message', async () => {
    let isReady = false;
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      onRcptTo: (_address, _session, done) => {
        if (isReady) done();
      },
      onData: (stream, _session, done) => {
        stream.resume().on('end', () => setTimeout(done, 1_000));
      },
    });
    server.on('error', () => undefined);
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    closers.push(() => {
      server.close();
    });
    const { port } = server.server.address() as AddressInfo;
    const mailer = mailerWith({ smtpUrl: `smtp://127.0.0.1:${port}`, handoverTimeoutMs: 400 });
    await assert.rejects(mailer.send(mail('ord_stalled')), (error) => !(error instanceof MailRefused));
    isReady = true;
    await mailer.send(mail('ord_slow'));
  });

  it('makes Message-IDs at the domain of the sender', () => {
    const idFrom = (from: string) => mailerWith({ from }).messageId('ord_1.paid');
    assert.equal(idFrom('Shop <orders@shop.example>'), '<ord_1.paid@shop.example>');
    assert.equal(idFrom('orders@mail.shop.example'), '<ord_1.paid@mail.shop.example>');
    assert.equal(idFrom('"A @ B" <orders@müller.example>'), '<ord_1.paid@xn--mller-kva.example>');
  });
});
