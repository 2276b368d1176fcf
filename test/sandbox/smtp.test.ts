import assert from 'node:assert/strict';
import nodemailer from 'nodemailer';
import { Mailbox, mailRecord, type Mail } from '../../sandbox/smtp/mailbox.ts';
import { TestSandbox } from '../support/sandbox/sandbox.ts';

describe('sandbox: mail', () => {
  const sandbox = new TestSandbox();
  before(() => sandbox.start());
  after(() => sandbox.remove());
  afterEach(() => sandbox.control('POST', '/smtp', { mode: 'accept' }));

  const send = (orderId: string, more: object = {}) =>
    nodemailer.createTransport(sandbox.running.smtpUrl).sendMail({
      from: '"The shop" <shop@shop.example>',
      to: 'Ada <ada@customer.example>',
      subject: 'Paid: thank you, Zoë',
      text: 'Grüße\n',
      html: '<p>Grüße</p>',
      messageId: `<${orderId}.paid@shop.example>`,
      headers: { 'X-Order-Id': orderId },
      ...more,
    });
  const mails = async (query: Record<string, string>): Promise<Mail[]> => {
    const { data } = (await sandbox.control('GET', `/mails?${new URLSearchParams(query).toString()}`)) as {
      data: Mail[];
    };
    return data;
  };

  it('a message is stored completely', async () => {
    await send('order-1');
    const [mail, ...others] = await mails({ orderId: 'order-1' });
    assert.deepEqual(others, []);
    assert.equal(mail?.messageId, '<order-1.paid@shop.example>');
    assert.equal(mail.from, '"The shop" <shop@shop.example>');
    assert.deepEqual(mail.to, ['ada@customer.example']);
    assert.equal(mail.subject, 'Paid: thank you, Zoë');
    assert.equal(mail.text?.trim(), 'Grüße');
    assert.match(mail.html ?? '', /<p>Grüße<\/p>/);
    assert.equal(mail.headers['x-order-id'], 'order-1');
    assert(Math.abs(Date.parse(mail.receivedAt) - Date.now()) < 10_000);
  });

  it('a message sent twice is listed twice, oldest first', async () => {
    await send('order-2', { text: 'first' });
    await send('order-2', { text: 'second' });
    const found = await mails({ messageId: 'order-2.paid@shop.example' });
    assert.deepEqual(
      found.map(({ text }) => text?.trim()),
      ['first', 'second'],
    );
    assert.notEqual(found[0]?.id, found[1]?.id);
    assert.equal((await mails({ messageId: '<order-2.paid@shop.example>' })).length, 2);
    assert.equal((await mails({ to: 'ADA@customer.example', orderId: 'order-2' })).length, 2);
    assert.equal((await mails({ to: 'nobody@customer.example' })).length, 0);
  });

  it('old mail is listed without its body, so that a benchmark does not fill the memory', async () => {
    const mailbox = new Mailbox(2);
    for (const order of ['1', '2', '3'])
      mailbox.apply(
        mailRecord(
          'a@b',
          ['c@d'],
          Buffer.from(`Subject: s\r\nX-Order-Id: ${order}\r\n\r\nbody ${order}\r\n`),
        ),
      );
    const { data } = await mailbox.find({}, { limit: 10, bodies: true });
    assert.deepEqual(
      data.map(({ orderId, subject, text }) => [orderId, subject, (text ?? '').trim()]),
      [
        ['1', 's', ''],
        ['2', 's', 'body 2'],
        ['3', 's', 'body 3'],
      ],
    );
    assert.equal([...mailbox.snapshot()].length, 3);
  });

  it('mail is listed in pages, with or without bodies', async () => {
    for (const text of ['1', '2', '3']) await send('order-8', { text });
    const page = async (query: Record<string, string>): Promise<{ data: Mail[]; has_more: boolean }> =>
      (await sandbox.control(
        'GET',
        `/mails?${new URLSearchParams({ orderId: 'order-8', ...query }).toString()}`,
      )) as { data: Mail[]; has_more: boolean };
    const first = await page({ limit: '2', bodies: 'false' });
    assert.deepEqual(
      first.data.map(({ text, subject }) => [text, subject]),
      Array.from({ length: 2 }, () => [null, 'Paid: thank you, Zoë']),
    );
    assert.equal(first.has_more, true);
    const rest = await page({ after: first.data[1]?.id ?? '' });
    assert.deepEqual(
      rest.data.map(({ text }) => text?.trim()),
      ['3'],
    );
    assert.equal(rest.has_more, false);
  });

  it('refused mail is answered with 550 and not stored', async () => {
    await sandbox.control('POST', '/smtp', { mode: 'refuse' });
    await assert.rejects(send('order-3'), { responseCode: 550 });
    assert.deepEqual(await mails({ orderId: 'order-3' }), []);
  });

  it('deferred mail is answered with 451 and not stored', async () => {
    await sandbox.control('POST', '/smtp', { mode: 'defer' });
    await assert.rejects(send('order-4'), { responseCode: 451 });
    assert.deepEqual(await mails({ orderId: 'order-4' }), []);
  });

  it('mail is stored if the connection is dropped after its data, and its sender gets no response', async () => {
    await sandbox.control('POST', '/smtp', { mode: 'drop-after-data' });
    await assert.rejects(
      send('order-5'),
      (error: Error) => !('responseCode' in error) || error.responseCode === undefined,
    );
    assert.equal((await mails({ orderId: 'order-5' })).length, 1);
  });

  it('any user and password are accepted', async () => {
    const { running } = sandbox;
    const transport = nodemailer.createTransport({
      host: '127.0.0.1',
      port: running.smtpPort,
      auth: { user: 'u', pass: 'p' },
    });
    await transport.sendMail({
      from: 'a@shop.example',
      to: 'b@customer.example',
      subject: 's',
      text: 't',
      headers: { 'X-Order-Id': 'order-6' },
    });
    assert.equal((await mails({ orderId: 'order-6' })).length, 1);
  });

  it('mail survives a restart', async () => {
    await send('order-7');
    await sandbox.restart();
    assert.equal((await mails({ orderId: 'order-7' })).length, 1);
  });
});
