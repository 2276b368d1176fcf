import assert from 'node:assert/strict';
import { readTraceparent, recordedTraceId, toTraceparent } from '../../src/domain/trace-context.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';

describe('a traceparent', () => {
  it('is read and written as the W3C says', () => {
    const parent = { traceId, spanId, sampled: true };
    assert.deepEqual(readTraceparent(`00-${traceId}-${spanId}-01`), parent);
    assert.equal(toTraceparent(parent), `00-${traceId}-${spanId}-01`);
    assert.equal(readTraceparent(`00-${traceId}-${spanId}-00`)?.sampled, false);
  });

  it('is ignored where it is none', () => {
    for (const text of [
      undefined,
      '',
      `01-${traceId}-${spanId}-01`,
      `00-${'0'.repeat(32)}-${spanId}-01`,
      `00-${traceId}-${'0'.repeat(16)}-01`,
      `00-${traceId.toUpperCase()}-${spanId}-01`,
      `00-${traceId}-${spanId}-01-more`,
    ])
      assert.equal(readTraceparent(text), undefined, text);
  });

  it('names a trace only if that is recorded', () => {
    assert.equal(recordedTraceId(`00-${traceId}-${spanId}-01`), traceId);
    assert.equal(recordedTraceId(`00-${traceId}-${spanId}-00`), undefined);
  });
});
