import assert from 'node:assert/strict';
import { endpointOf } from '../../src/adapters/zeromq/endpoint.ts';
import { z85Decode } from '../../src/adapters/zeromq/z85.ts';

/** The example of rfc.zeromq.org/spec/32. */
const HELLO = 'HelloWorld';
const BYTES = Buffer.from([0x86, 0x4f, 0xd2, 0x6f, 0xb5, 0x59, 0xf7, 0x5b]);
const KEY = 'JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6';

describe('the endpoint of ZeroMQ', () => {
  it('is an address, optionally with a password', () => {
    assert.deepEqual(endpointOf('tcp://127.0.0.1:5555'), { address: 'tcp://127.0.0.1:5555' });
    assert.deepEqual(endpointOf('tcp://me:p%40ss@*:5555'), {
      address: 'tcp://*:5555',
      plain: { username: 'me', password: 'p@ss' },
    });
    assert.deepEqual(endpointOf('ipc:///tmp/a'), { address: 'ipc:///tmp/a' });
  });

  it('has CURVE keys, and requires the keys of the clients', () => {
    const key = encodeURIComponent(KEY);
    const { address, curve } = endpointOf(`tcp://*:1?curveSecretKey=${key}&curveClient=${key}`);
    assert.equal(address, 'tcp://*:1');
    assert.equal(curve?.secretKey, KEY);
    assert.equal(curve.clients[0]?.length, 32);
    assert.throws(() => endpointOf(`tcp://*:1?curveSecretKey=${key}`), /curveClient/);
    assert.throws(() => endpointOf('tcp://*:1?curveSecretKey=HelloWorld&curveClient=HelloWorld'), /40/);
  });

  it('decodes Z85', () => {
    assert.deepEqual(z85Decode(HELLO), BYTES);
    for (const wrong of ['Hell', 'Hell~', '#####']) assert.throws(() => z85Decode(wrong), TypeError);
  });
});
