import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { startOnFreePorts } from '../../dev/processes/free-ports.ts';
import { kafkaJars, startKafkaOn } from '../../harness/brokers/kafka.ts';
import { needRabbitMq, startRabbitMqOn } from '../../harness/brokers/rabbitmq.ts';
import type { BrokerServer } from '../../harness/brokers/server.ts';

/** What `startOnFreePorts` relies on: a broker says which of its ports is taken, and then nothing of it runs. */
describe('a broker of the tests', function () {
  this.timeout(180_000);
  const servers: Server[] = [];

  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  async function check<Name extends string>(
    names: readonly Name[],
    taken: Name,
    start: (ports: Readonly<Record<Name, number>>) => Promise<BrokerServer>,
  ): Promise<void> {
    await startOnFreePorts(names, async (ports) => {
      const server = createServer().listen(ports[taken], '127.0.0.1');
      await once(server, 'listening');
      servers.push(server);
      await assert.rejects(start(ports), { code: 'EADDRINUSE', port: ports[taken] });
    });
  }

  for (const taken of ['client', 'distribution', 'mapper'] as const)
    it(`RabbitMQ says that its port is taken: ${taken}`, async function () {
      await needRabbitMq();
      await check(['client', 'distribution', 'mapper'], taken, (ports) => startRabbitMqOn(ports));
    });

  for (const taken of ['client', 'controller'] as const)
    it(`Kafka says that its port is taken: ${taken}`, async function () {
      const jars = await kafkaJars();
      await check(['client', 'controller', 'inner'], taken, (ports) => startKafkaOn(ports, jars));
    });
});
