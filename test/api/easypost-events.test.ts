import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createEasyPostClient } from '../../src/adapters/easypost/client.ts';
import { verifiedEasyPostEvent } from '../../src/api/lib/easypost-events.ts';
import { Problem } from '../../src/contracts/errors.ts';

const SECRET = 'geheim-ä-Ⅳ';
const EVENT = {
  id: 'evt_1',
  object: 'Event',
  description: 'tracker.updated',
  result: { id: 'trk_1', object: 'Tracker', status: 'delivered', weight: 17.6 },
};

const sign = (body: Buffer | string, secret = SECRET): string =>
  `hmac-sha256-hex=${createHmac('sha256', secret.normalize('NFKD')).update(body).digest('hex')}`;

describe("the signature of EasyPost's events", () => {
  const official = createEasyPostClient({ apiKey: 'EZTKtest', apiBase: 'http://127.0.0.1:9' });
  const accepted = (body: Buffer, signature: string): boolean => {
    try {
      official.Utils.validateWebhook(body, { 'X-Hmac-Signature': signature }, SECRET);
      return true;
    } catch {
      return false;
    }
  };
  const codeOf = (body: Buffer, signature: string | undefined, secret = SECRET): string | undefined => {
    try {
      verifiedEasyPostEvent(body, signature, secret);
      return undefined;
    } catch (error) {
      assert(error instanceof Problem);
      return error.code;
    }
  };

  it('is verified as the official client verifies it', () => {
    const body = Buffer.from(JSON.stringify(EVENT));
    for (const signature of [
      sign(body),
      sign(`${JSON.stringify(EVENT)} `),
      sign(body, 'another secret'),
      sign(body).toUpperCase(),
      sign(body).replace('hmac-sha256-hex=', ''),
      sign(body).slice(0, -1),
      'hmac-sha256-hex=',
      'é',
    ]) {
      const expected = accepted(body, signature) ? undefined : 'invalid_signature';
      assert.equal(codeOf(body, signature), expected, signature);
    }
    assert.equal(codeOf(body, sign(body)), undefined);
    assert.equal(codeOf(body, undefined), 'invalid_signature');
    assert.equal(codeOf(body, ''), 'invalid_signature');
  });

  it('is verified with a secret in the form NFKD', () => {
    const body = Buffer.from(JSON.stringify(EVENT));
    assert.equal(codeOf(body, sign(body, 'a\u0308-IV'), '\u00e4-\u2163'), undefined);
  });

  it('covers the bytes as they were sent, so that a whole weight keeps its fraction', () => {
    const text = JSON.stringify(EVENT).replace('17.6', '17.0');
    const body = Buffer.from(text);
    assert.equal(codeOf(body, sign(text)), undefined);
    assert.ok(accepted(body, sign(text)));
    assert.equal(codeOf(body, sign(JSON.stringify(JSON.parse(text)))), 'invalid_signature');
  });

  it('lets an event say which tracker it is about', () => {
    const read = (event: object) => {
      const body = Buffer.from(JSON.stringify(event));
      return verifiedEasyPostEvent(body, sign(body), SECRET);
    };
    assert.deepEqual(read(EVENT), { id: 'evt_1', description: 'tracker.updated', trackerId: 'trk_1' });
    const batch = { ...EVENT, description: 'batch.updated', result: { id: 'batch_1', object: 'Batch' } };
    assert.deepEqual(read(batch), { id: 'evt_1', description: 'batch.updated' });
    assert.deepEqual(read({ ...EVENT, result: null }), { id: 'evt_1', description: 'tracker.updated' });
  });

  it('does not make an event of anything', () => {
    for (const text of ['', 'null', '[]', '{', '{"id":1}', '{"id":"evt_1"}', '"evt_1"'])
      assert.equal(codeOf(Buffer.from(text), sign(text)), 'invalid_request', text);
    for (const id of ['trk_\0', 'trk_\ud800', '', 'a b', 'x'.repeat(300)]) {
      const text = JSON.stringify({ ...EVENT, result: { ...EVENT.result, id } });
      assert.equal(codeOf(Buffer.from(text), sign(text)), 'invalid_request', text);
    }
  });
});
