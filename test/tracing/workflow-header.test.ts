import assert from 'node:assert/strict';
import { interceptors } from '../../src/workflows/trace-interceptors.ts';

const payload = (encoding: string, data: string) => ({
  metadata: { encoding: Buffer.from(encoding) },
  data: Buffer.from(data),
});

describe('the trace in the header of a workflow', () => {
  for (const [what, header] of [
    ['is no JSON', payload('json/plain', '{"traceparent": ')],
    ['has an encoding that nobody knows', payload('binary/other', 'x')],
    ['has no trace', payload('json/plain', '{"traceparent": 7}')],
    ['has nothing', {}],
  ] as const)
    it(`does not keep the workflow from running where it ${what}`, async () => {
      const [inbound] = interceptors().inbound ?? [];
      assert.ok(inbound?.execute);
      const result = await inbound.execute({ headers: { '_tracer-data': header }, args: [] }, () =>
        Promise.resolve('done'),
      );
      assert.equal(result, 'done');
    });
});
