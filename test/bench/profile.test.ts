import assert from 'node:assert/strict';
import { selfTimes, type CallFrame, type CpuProfile } from '../../bench/profile/cpu-profile.ts';
import { nameOf, packageOf } from '../../bench/profile/package-of.ts';

const frame = (functionName: string, url = ''): CallFrame => ({ functionName, url, lineNumber: 4 });

describe('A CPU profile', () => {
  const profile: CpuProfile = {
    nodes: [
      { id: 1, callFrame: frame('work') },
      { id: 2, callFrame: frame('(idle)') },
      { id: 3, callFrame: frame('work') },
      { id: 4, callFrame: frame('other') },
    ],
    startTime: 1000,
    samples: [1, 2, 3, 4, 1],
    timeDeltas: [1000, 1000, 1000, 500, 9000],
  };

  it('adds up a function over all its callers, and leaves out idle time', () => {
    const times = selfTimes(profile, { from: 0, to: 10_000 });
    assert.deepEqual(
      times.map(({ frame: { functionName }, selfMs }) => [functionName, selfMs]),
      [
        ['work', 2],
        ['other', 0.5],
      ],
    );
  });

  it('leaves out the time before and after the load', () => {
    assert.deepEqual(
      selfTimes(profile, { from: 2500, to: 4000 }).map(({ selfMs }) => selfMs),
      [1],
    );
  });

  it('names the package that a function belongs to', () => {
    const owner = (url: string): string => packageOf(frame('f', url));
    assert.equal(
      owner('file:///a/node_modules/@temporalio/proto/node_modules/protobufjs/src/x.js'),
      'protobufjs',
    );
    assert.equal(owner('file:///a/node_modules/@temporalio/worker/lib/worker.js'), '@temporalio/worker');
    assert.equal(owner('file:///a/dist/orders/place-order.js'), 'this checkout');
    assert.equal(owner('file:///a/dist/workflow-bundle.js'), 'workflow bundle (SDK and ours)');
    assert.equal(owner('node:events'), 'Node.js');
  });

  it('names a function with its file and line', () => {
    assert.equal(nameOf(frame('', 'file:///a/node_modules/pg/lib/x.js')), '(anonymous) pg/lib/x.js:5');
    assert.equal(nameOf(frame('f', 'file:///a/dist/domain/money.js')), 'f dist/domain/money.js:5');
  });
});
