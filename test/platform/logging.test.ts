import assert from 'node:assert/strict';
import { createLogger, type Logger } from '../../src/platform/logging.ts';

describe('the log', () => {
  let lines: string[];
  let logger: Logger;
  beforeEach(() => {
    lines = [];
    logger = createLogger({
      level: 'info',
      component: 'test',
      destination: { write: (line) => void lines.push(line) },
    });
  });

  it('is one JSON object a line, with its level by name and its component', () => {
    logger.info({ orderId: 'o-1' }, 'placed');
    const { time, ...rest } = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
    assert.deepEqual(rest, { level: 'info', component: 'test', orderId: 'o-1', msg: 'placed' });
    assert.match(String(time), /^\d{4}-\d\d-\d\dT/);
  });

  it('has no line below its level', () => {
    logger.debug('quiet');
    assert.deepEqual(lines, []);
  });

  it('has nothing of an earlier line, also where its fields are always the same object', () => {
    const none = {};
    const traced = createLogger({
      level: 'info',
      component: 'test',
      fields: () => none,
      destination: { write: (line) => void lines.push(line) },
    });
    traced.info({ orderId: 'o-1' }, 'placed');
    traced.info('ready');
    assert.doesNotMatch(lines[1] ?? '', /orderId/);
    assert.deepEqual(none, {});
  });

  const secret = 'hunter2';
  const objects: Record<string, unknown>[] = [
    { authorization: secret },
    { req: { headers: { authorization: secret, cookie: secret, 'stripe-signature': secret } } },
    { res: { headers: { 'set-cookie': secret } } },
    { email: secret },
    { order: { customer: { email: secret, name: secret } } },
    { body: { order: { shipping: { name: secret, line1: secret } } } },
    { payment: { clientSecret: secret } },
    { intent: { client_secret: secret } },
    { config: { apiKey: secret, databaseUrl: secret, stripe: { webhookSecret: secret } } },
    { a: { b: { c: { password: secret } } } },
  ];
  for (const object of objects)
    it(`never shows ${JSON.stringify(object).replaceAll(secret, '…')}`, () => {
      logger.info(object, 'look');
      assert.doesNotMatch(lines.join(''), /hunter2/);
      assert.match(lines.join(''), /\[redacted\]/);
    });
});
