import assert from 'node:assert/strict';
import { stripVTControlCharacters } from 'node:util';
import { publicAddresses } from '../../src/adapters/brokers/public-addresses.ts';
import { banner, type BannerFacts } from '../../dev/banner.ts';

const FACTS: BannerFacts = {
  apiUrl: 'http://127.0.0.1:3000',
  temporalUiUrl: undefined,
  sandboxUrl: 'http://127.0.0.1:4010',
  brokers: [],
  apiKey: 'ck_dev_1',
  dataDir: '/srv/shop/.data',
  isOtherDataDir: false,
  seconds: '5.1',
};

describe('the banner of npm start', () => {
  it('names the addresses, the key, the data folder and the next commands; a part that is elsewhere has no line', () => {
    const text = stripVTControlCharacters(banner(FACTS));
    assert.match(text, /durable-checkout is ready \(started in 5\.1 s\)/);
    for (const line of [
      /^ {2}API +http:\/\/127\.0\.0\.1:3000$/m,
      /^ {2}Sandbox +http:\/\/127\.0\.0\.1:4010$/m,
      /^ {2}API key +ck_dev_1$/m,
      /^ {2}Data +\/srv\/shop\/\.data$/m,
      /^ {2}npx checkout watch +shows/m,
    ])
      assert.match(text, line);
    assert.doesNotMatch(text, /Temporal|RabbitMQ|Kafka|ZeroMQ/);
    assert.match(text.trimEnd().split('\n').at(-1) ?? '', /^curl -sS http/);
  });

  it('tells the command line where the data folder is when it is another one', () => {
    const text = banner({ ...FACTS, dataDir: "/srv/it's", isOtherDataDir: true });
    assert.ok(text.includes(`CHECKOUT_DATA_DIR='/srv/it'\\''s' npx checkout watch`), text);
  });

  it('names the brokers, without users, passwords and keys', () => {
    const curve = `curveSecretKey=${'k'.repeat(40)}&curveClient=${'c'.repeat(40)}`;
    const brokers = publicAddresses({
      amqpUrl: 'amqps://me:hunter2@rabbit:5671/shop?ca=/hunter2.pem',
      kafkaBrokers: 'kafkas://me:hunter2@a:9093,b?mechanism=SCRAM-SHA-512',
      zeromqCommands: `tcp://0.0.0.0:5555?${curve}`,
      zeromqEvents: 'tcp://me:hunter2@127.0.0.1:5556',
    });
    const text = banner({ ...FACTS, brokers });
    for (const line of [
      /^ {2}RabbitMQ +amqps:\/\/rabbit:5671\/shop$/m,
      /^ {2}Kafka +a:9093, b:9092$/m,
      /^ {2}ZeroMQ +tcp:\/\/0\.0\.0\.0:5555 \(commands\)$/m,
      /^ {2}ZeroMQ +tcp:\/\/127\.0\.0\.1:5556 \(events\)$/m,
    ])
      assert.match(text, line);
    assert.doesNotMatch(text, /hunter2|me:|kkkk|cccc/);
  });

  it('names no broker that is not configured', () => {
    const none = { amqpUrl: undefined, kafkaBrokers: undefined, zeromqCommands: undefined };
    assert.deepEqual(publicAddresses({ ...none, zeromqEvents: undefined }), []);
  });
});
