import assert from 'node:assert/strict';
import { replayRequestOf } from '../../src/adapters/zeromq/replay.ts';

const read = (text: string) => replayRequestOf(Buffer.from(text));

describe('a replay request of ZeroMQ', () => {
  it('names the last event and how many to send, and may leave out both', () => {
    assert.deepEqual(read('{"replay":{"after":"7","limit":500}}'), { after: '7', limit: 500 });
    assert.deepEqual(read('{ "replay" : {} }'), { after: '', limit: 1_000 });
    assert.deepEqual(read('{"replay":{"limit":1e9}}'), { after: '', limit: 1_000 });
  });

  it('that is not valid is answered with what is wrong, and is no command', () => {
    const wrong: [string, RegExp][] = [
      ['{"replay":null}', /^replay: must be an object/],
      ['{"replay":[]}', /^replay: must be an object/],
      ['{"replay":{"after":7}}', /^replay\.after/],
      ['{"replay":{"limit":"all"}}', /^replay\.limit/],
      ['{"replay":{},"id":"1"}', /^replay: must be the only member/],
      ['{"limit":1,"replay":{}}', /^replay: must be the only member/],
      ['{"data":{},"replay":{}}', /^replay: must be the only member/],
      ['{"replay":{"after":', /^replay: must be valid JSON/],
      ['{"replay"', /^replay: must be valid JSON/],
      ["{'replay':{}}", /^replay: must be valid JSON/],
      ['{replay:{}}', /^replay: must be valid JSON/],
      ['{"limit":1,"replay":{', /^replay: must be valid JSON/],
      [`{"replay":{"after":"${'x'.repeat(2_000)}"}}`, /^replay: must have at most/],
    ];
    for (const [text, pattern] of wrong) {
      const result = read(text);
      assert(result && 'error' in result, text);
      assert.match(result.error, pattern);
    }
  });

  it('is not a command, also if that has the word in its data', () => {
    assert.equal(read('{"specversion":"1.0","id":"1","data":{"replay":{}}}'), undefined);
    assert.equal(read('{"replay":{},"specversion":"1.0"}'), undefined);
    assert.equal(read('not JSON "replay"'), undefined);
    assert.equal(read('{"id":"replay"'), undefined);
    assert.equal(read('{"specversion":"1.0","replay":{}'), undefined);
    const long = `"data":"${'x'.repeat(2_000)}"`;
    assert.equal(read(`{"replay":1,${long},"specversion":"1.0"}`), undefined);
    assert.equal(read(`{"id":"1","replay":1,${long},"specversion":"1.0"}`), undefined);
    assert.equal(read(`{"id":"1",${long},"data":{"replay":1}}`), undefined);
  });
});
