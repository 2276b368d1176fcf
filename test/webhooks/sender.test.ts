import assert from 'node:assert/strict';
import { isPublicAddress } from '../../src/adapters/webhooks/addresses.ts';
import { createWebhookSender } from '../../src/adapters/webhooks/sender.ts';
import { answerWith, openReceiver, type Receiver } from '../support/webhooks/receiver.ts';

const SECRET = 'whsec_c29tZXRoaW5nIG9mIDMyIGJ5dGVzIG9yIHNvLi4u';
const message = (url: string) => ({
  url,
  id: 'ord_1/1',
  contentType: 'application/json',
  body: '{}',
  secrets: [SECRET],
});

describe('a webhook', () => {
  let receiver: Receiver;
  beforeEach(async () => {
    receiver = await openReceiver();
  });
  afterEach(() => {
    receiver.close();
  });

  const send = async (url: string, allowPrivate: boolean, timeoutMs = 2_000) => {
    const sender = createWebhookSender({ allowPrivate, timeoutMs });
    try {
      return await sender.send(message(url), new AbortController().signal);
    } finally {
      sender.close();
    }
  };

  it('is not sent by plain http or to this machine, unless that is allowed', async () => {
    const { port } = new URL(receiver.url);
    for (const [url, error] of [
      [receiver.url, 'the URL is not https'],
      [`https://127.0.0.1:${port}/`, 'the address is not public'],
      [`https://[::1]:${port}/`, 'the address is not public'],
      [`https://localhost:${port}/`, 'the name resolves to an address that is not public'],
    ] as const)
      assert.equal((await send(url, false)).attempt.error, error, url);
    assert.equal(receiver.received.length, 0);
    assert.equal((await send(receiver.url, true)).attempt.status, 204);
  });

  it('keeps the beginning of the answer, and reports the Retry-After of the receiver', async () => {
    receiver.answer = answerWith(429, { 'retry-after': '7' }, 'x'.repeat(500_000));
    const { attempt, retryAfterMs } = await send(receiver.url, true);
    assert.equal(attempt.answer?.length, 1_000);
    assert.equal(retryAfterMs, 7_000);
  });

  it('fails if there is no answer within the timeout', async () => {
    receiver.answer = () => undefined;
    assert.equal((await send(receiver.url, true, 50)).attempt.error, 'no answer in time');
  });

  it('reports why there was no answer', async () => {
    receiver.close();
    assert.equal((await send(receiver.url, true)).attempt.error, 'ECONNREFUSED');
  });
});

describe('an IP address', () => {
  const NOT_PUBLIC = [
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '192.0.2.1',
    '::',
    '::1',
    'fe80::1',
    'fd00::1',
    'ff02::1',
    '::ffff:10.0.0.1',
    '64:ff9b::7f00:1',
    // Other spellings of 127.0.0.1 and 10.0.0.1.
    '::7f00:1',
    '::127.0.0.1',
    '::ffff:0:7f00:1',
    '64:ff9b:1::7f00:1',
    '2002:7f00:1::1',
    '2606:4700::5efe:10.0.0.1',
    '2606:4700::200:5efe:a00:1',
    'fec0::1',
    '3fff::1',
    '5f00::1',
    '100::1',
    '2001:db8::1',
    '2002:7f00:1::',
  ];
  for (const address of NOT_PUBLIC)
    it(`${address} is not public`, () => {
      assert.equal(isPublicAddress(address), false);
    });
  for (const address of [
    '1.1.1.1',
    '93.184.216.34',
    '2606:4700::1111',
    '::ffff:1.1.1.1',
    '64:ff9b::101:101',
    '2606:4700::5efe:1.1.1.1',
  ])
    it(`${address} is public`, () => {
      assert.equal(isPublicAddress(address), true);
    });
});
