import assert from 'node:assert/strict';
import { kafkaAddress } from '../../src/adapters/kafka/address.ts';
import { createPartitionOffsets } from '../../src/adapters/kafka/offsets.ts';

describe('offsets of a partition of Kafka', () => {
  it('commits no offset after a message that is still in progress', () => {
    const offsets = createPartitionOffsets();
    for (const offset of [5n, 6n, 7n]) assert.equal(offsets.begin(offset), true);
    assert.equal(offsets.toCommit(), 5n);
    offsets.done(6n);
    offsets.done(7n);
    assert.equal(offsets.toCommit(), 5n);
    offsets.done(5n);
    assert.equal(offsets.toCommit(), 8n);
  });

  it('does not begin a message again that a rebalance has delivered again', () => {
    const offsets = createPartitionOffsets();
    offsets.begin(5n);
    offsets.begin(6n);
    offsets.done(6n);
    assert.equal(offsets.begin(5n), false, 'in progress');
    assert.equal(offsets.begin(6n), false, 'done');
    assert.equal(offsets.begin(7n), true);
    assert.equal(offsets.toCommit(), 5n);
  });

  it('returns an offset until it is committed', () => {
    const offsets = createPartitionOffsets();
    assert.equal(offsets.toCommit(), undefined);
    offsets.begin(0n);
    offsets.done(0n);
    assert.equal(offsets.toCommit(), 1n);
    assert.equal(offsets.toCommit(), 1n, 'the commit may have failed');
    offsets.committed(1n);
    assert.equal(offsets.toCommit(), undefined);
  });

  it('skips messages that another member has committed meanwhile', () => {
    const offsets = createPartitionOffsets();
    offsets.begin(5n);
    offsets.done(5n);
    offsets.begin(90n);
    assert.equal(offsets.toCommit(), 90n);
  });

  it('repeats a commit that a late one of another member may have set back', () => {
    const offsets = createPartitionOffsets();
    offsets.begin(0n);
    offsets.done(0n);
    offsets.committed(1n);
    offsets.repeat();
    assert.equal(offsets.toCommit(), 1n);
  });

  it('repeats no commit from before another member had the partition, which may have committed more', () => {
    const offsets = createPartitionOffsets();
    offsets.begin(0n);
    offsets.done(0n);
    offsets.committed(1n);
    offsets.lost();
    offsets.repeat();
    assert.equal(offsets.toCommit(), undefined);
    offsets.begin(7n);
    offsets.done(7n);
    assert.equal(offsets.toCommit(), 8n);
  });
});

describe('the address of a Kafka cluster', () => {
  it('is a list of hosts, or a URL with credentials and TLS', () => {
    assert.deepEqual(kafkaAddress('a:1, b'), { bootstrapBrokers: ['a:1', 'b:9092'] });
    assert.deepEqual(kafkaAddress('kafka://a,b:2'), { bootstrapBrokers: ['a:9092', 'b:2'] });
    assert.deepEqual(kafkaAddress('kafkas://me:p%40ss@a:1,b:2?mechanism=scram-sha-512'), {
      bootstrapBrokers: ['a:1', 'b:2'],
      tls: {},
      tlsServerName: true,
      sasl: { mechanism: 'SCRAM-SHA-512', username: 'me', password: 'p@ss' },
    });
    assert.equal(kafkaAddress('kafka://me:you@a').sasl?.mechanism, 'PLAIN');
    assert.throws(() => kafkaAddress('kafka://me:you@a?mechanism=MD5'), /mechanism/);
  });
});
