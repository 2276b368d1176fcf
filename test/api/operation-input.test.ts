import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { DEVELOPMENT_CLIENT, SCOPES, type Scope } from '../../src/api/lib/api-keys.ts';
import { createLogger } from '../../src/platform/logging.ts';
import { openStage, type Stage } from '../support/api/app.ts';
import { newKey, problemOf, sending } from '../support/api/requests.ts';

/** The operations on an order, each with a valid body. */
const OPERATIONS: {
  path: string;
  body: object;
  scope: Scope;
  method: 'refund' | 'capture' | 'review' | 'resolveAttention';
}[] = [
  { path: 'refunds', body: { amount: 1 }, scope: 'payments:write', method: 'refund' },
  { path: 'capture', body: { amount: 1 }, scope: 'payments:write', method: 'capture' },
  { path: 'review', body: { decision: 'approve' }, scope: 'orders:review', method: 'review' },
  { path: 'attention', body: { action: 'retry' }, scope: 'orders:repair', method: 'resolveAttention' },
];

const WRONG: Record<string, [body: object, field: string][]> = {
  refunds: [
    [{ amount: 0 }, 'amount'],
    [{ amount: 1.5 }, 'amount'],
    [{ amount: '1' }, 'amount'],
    [{ reason: '' }, 'reason'],
  ],
  capture: [
    [{ amount: -1 }, 'amount'],
    [{ final: 'yes' }, 'final'],
  ],
  review: [
    [{}, 'decision'],
    [{ decision: 'maybe' }, 'decision'],
    [{ decision: 'approve', note: 'x'.repeat(501) }, 'note'],
  ],
  attention: [
    [{}, 'action'],
    [{ action: 'drop' }, 'action'],
    [{ action: 'retry', step: 1 }, 'step'],
  ],
};

describe('an operation on an order', () => {
  let stage: Stage;
  before(async function () {
    this.timeout(120_000);
    stage = await openStage();
  });
  after(() => stage.close());

  const asking = (path: string, body: object, headers = {}) =>
    sending('POST', `/v1/orders/ord_${'0'.repeat(32)}/${path}`, body, {
      'idempotency-key': newKey(),
      ...headers,
    });

  for (const { path, body, scope, method } of OPERATIONS) {
    it(`(${path}) is refused with the name of the field that is not valid`, async () => {
      for (const [wrong, field] of [...(WRONG[path] ?? []), [{ ...body, more: 1 }, 'more'] as const]) {
        const answer = await stage.app.inject(asking(path, wrong));
        const { code, errors } = problemOf(answer);
        assert.deepEqual(
          [answer.statusCode, code, errors?.[0]?.field],
          [400, 'invalid_request', field],
          answer.body,
        );
      }
    });

    it(`(${path}) needs a key with the scope ${scope}`, async () => {
      const without = new Set(SCOPES.filter((each) => each !== scope));
      const client = { keyId: 'k', clientId: DEVELOPMENT_CLIENT, scopes: without };
      const app = await stage.another({
        apiKeys: { find: () => client, findByHash: () => client },
      });
      const answer = await app.inject(asking(path, body));
      assert.deepEqual([answer.statusCode, problemOf(answer).code], [403, 'forbidden']);
      assert.equal((await stage.app.inject(asking(path, body))).statusCode, 404);
      const { headers, ...request } = asking(path, body);
      assert.equal(
        (await app.inject({ ...request, headers: { ...headers, authorization: '' } })).statusCode,
        401,
      );
    });

    it(`(${path}) that meets an internal error is answered 500 without any detail of it, and logged once`, async () => {
      const lines: string[] = [];
      const write = (line: string): void => void lines.push(line);
      const secret = randomUUID();
      const app = await stage.another({
        logger: createLogger({ level: 'warn', destination: { write } }),
        orders: { ...stage.orders, [method]: () => Promise.reject(new Error(secret)) },
      });
      const answer = await app.inject(asking(path, body));
      assert.deepEqual([answer.statusCode, problemOf(answer).code], [500, 'internal']);
      assert.ok(!answer.body.includes(secret));
      assert.equal(lines.length, 1, lines.join(''));
      assert.equal((await app.inject(asking(path, { more: 1 }))).statusCode, 400);
      assert.equal(lines.length, 1, 'what the caller did wrong is not ours to log');
    });
  }

  it('never accepts a card number, not even in a note', async () => {
    for (const { path, body } of OPERATIONS) {
      const field = path === 'refunds' ? 'reason' : path === 'capture' ? 'card' : 'note';
      const answer = await stage.app.inject(asking(path, { ...body, [field]: 'it was 4242 4242 4242 4242' }));
      assert.deepEqual(
        [answer.statusCode, problemOf(answer).code],
        [400, 'card_number_refused'],
        answer.body,
      );
    }
  });
});
