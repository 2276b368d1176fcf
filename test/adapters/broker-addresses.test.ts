import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkAddresses, type BrokerAddresses } from '../../src/adapters/brokers/brokers.ts';
import { kafkaAddress } from '../../src/adapters/kafka/address.ts';
import { rabbitMqAddress } from '../../src/adapters/rabbitmq/address.ts';
import { ConfigurationError } from '../../src/platform/config.ts';
import { temporaryFolder } from '../../harness/servers/test-servers.ts';

const NONE: BrokerAddresses = {
  amqpUrl: undefined,
  kafkaBrokers: undefined,
  zeromqCommands: undefined,
  zeromqEvents: undefined,
};
const PEM = '-----BEGIN CERTIFICATE-----\n';

describe('the address of RabbitMQ', () => {
  it('has decoded credentials, and heartbeats', () => {
    const { url, options } = rabbitMqAddress('amqp://m%C3%A9:p%3Ass@host:1/shop');
    assert.equal(new URL(url).pathname, '/shop');
    assert.equal(new URL(url).searchParams.get('heartbeat'), '10');
    assert.deepEqual(options.credentials?.response().toString(), '\0mé\0p:ss');
    assert.equal(new URL(rabbitMqAddress('amqp://host?heartbeat=3').url).searchParams.get('heartbeat'), '3');
    assert.equal(rabbitMqAddress('amqp://host').options.credentials, undefined);
  });

  it('has the certificate authority, and a URL without it', () => {
    const file = join(temporaryFolder(), 'private ca.pem');
    writeFileSync(file, PEM);
    const { url, options } = rabbitMqAddress(`amqps://host?ca=${encodeURIComponent(file)}`);
    assert.equal(options.ca?.toString(), PEM);
    assert.equal(new URL(url).searchParams.has('ca'), false);
  });
});

describe('the address of Kafka with TLS', () => {
  it('has the certificate authority, and no server name for an IP address', () => {
    const file = join(temporaryFolder(), 'ca.pem');
    writeFileSync(file, PEM);
    const { tls, tlsServerName } = kafkaAddress(`kafkas://a:1,b?ca=${file}`);
    assert.deepEqual([tls?.ca?.toString(), tlsServerName], [PEM, true]);
    assert.equal(kafkaAddress('kafkas://10.0.0.1:1').tlsServerName, undefined);
  });

  it('may have a password with a colon', () => {
    assert.equal(kafkaAddress('kafka://me:a:b@host').sasl?.password, 'a:b');
  });
});

describe('invalid addresses of brokers', () => {
  const curve = 'curveSecretKey=hunter2hunter2&curveClient=hunter2';
  for (const [addresses, line] of [
    [{ amqpUrl: 'amqps://me:hunter2@host?ca=/none' }, /^AMQP_URL: ca: the file \/none cannot be read\.$/],
    [{ amqpUrl: 'amqp://me:hunter2%@host' }, /^AMQP_URL: user and password must be percent-encoded\.$/],
    [{ amqpUrl: 'amqp://me:hunter2@host:x' }, /^AMQP_URL: it is not a URL\.$/],
    [{ kafkaBrokers: 'kafkas://host?ca=package.json' }, /^KAFKA_BROKERS: ca: the file .* has no certificate/],
    [{ kafkaBrokers: 'kafka://me:hunter2@a?mechanism=MD5' }, /^KAFKA_BROKERS: the mechanism must be one of/],
    ...[
      ',',
      'a:9092,',
      ' ',
      '127.0.0.1:99999',
      'a:1,b:0',
      'a:x',
      ':9092',
      'http://a:9092',
      '::1:9092',
      'kafka://me:hunter2@',
      'kafka://me:hunter2@x@a:1',
    ].map((kafkaBrokers) => [{ kafkaBrokers }, /^KAFKA_BROKERS: each server must be a host/] as const),
    [{ zeromqCommands: `tcp://*:1?${curve}` }, /^ZEROMQ_COMMANDS: .*key in Z85/],
    [{ zeromqCommands: 'tcp://127.0.0.1' }, /^ZEROMQ_COMMANDS: it must have a host and a port from 1/],
    [{ zeromqEvents: 'tcp://127.0.0.1:65536' }, /^ZEROMQ_EVENTS: it must have a host and a port from 1/],
    ...(
      [
        ['tcp://127.0.0.1:5555', 'tcp://127.0.0.1:5555'],
        ['tcp://me:hunter2@127.0.0.1:5555', 'tcp://127.0.0.1:5555'],
        ['tcp://*:5555', 'tcp://127.0.0.1:5555'],
        ['tcp://127.0.0.1:5555', 'tcp://0.0.0.0:5555'],
        ['tcp://127.0.0.1:5555', 'tcp://localhost:5555'],
        ['tcp://LOCALHOST:5555', 'tcp://lo:05555'],
        ['tcp://[::]:5555', 'tcp://[::1]:5555'],
        ['tcp://[::1]:5555', 'tcp://::1:5555'],
        ['ipc:///tmp/a', 'ipc:///tmp/a'],
        ['ipc:///tmp/a', 'ipc:///tmp/./a'],
        ['ipc:///tmp/x/../a', 'ipc:///tmp//a'],
        ['ipc://a', 'ipc://./a'],
      ] as const
    ).map(
      ([zeromqCommands, zeromqEvents]) =>
        [{ zeromqCommands, zeromqEvents }, /^ZEROMQ_EVENTS and ZEROMQ_COMMANDS must be different/] as const,
    ),
    [
      { zeromqEvents: `tcp://me:hunter2@*:1?${curve}` },
      /^ZEROMQ_EVENTS: it may have a password or CURVE keys/,
    ],
  ] as const)
    it(`are refused at the start with: ${line.source}`, () => {
      assert.throws(
        () => {
          checkAddresses({ ...NONE, ...addresses });
        },
        (error) =>
          error instanceof ConfigurationError && line.test(error.message) && !/hunter|\n/.test(error.message),
      );
    });

  it('do not include valid ones', () => {
    checkAddresses({
      amqpUrl: 'amqps://me:you@host/shop',
      kafkaBrokers: 'kafkas://me:you@a,b:1?mechanism=PLAIN',
      zeromqCommands: 'tcp://127.0.0.1:1',
      zeromqEvents: 'ipc:///tmp/a',
    });
    checkAddresses({ ...NONE, zeromqCommands: 'tcp://*:5555', zeromqEvents: 'tcp://*:5556' });
    checkAddresses({ ...NONE, kafkaBrokers: '10.0.0.1:9092, kafka-2' });
    checkAddresses({ ...NONE, zeromqCommands: 'ipc:///tmp/a', zeromqEvents: 'ipc:///tmp/b/a' });
    checkAddresses({ ...NONE, zeromqCommands: 'tcp://localhost:5555', zeromqEvents: 'tcp://127.0.0.1:5556' });
    checkAddresses({ ...NONE, zeromqCommands: 'tcp://[::1]:5555', zeromqEvents: 'tcp://127.0.0.1:5555' });
  });
});
