import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startOnFreePorts } from '../../dev/processes/free-ports.ts';
import type { ServiceProcess } from '../../dev/processes/service-process.ts';
import { runCommand } from '../../harness/brokers/command.ts';
import {
  isKafkaUp,
  javaArguments,
  kafkaFolder,
  kafkaJars,
  properties,
  randomClusterId,
  textOf,
  VERSION,
} from '../../harness/brokers/kafka.ts';
import type { Engine, EngineOptions } from './engine.ts';
import { startServer, STOP_STEPS, versionOf } from './server.ts';

const JAVA_VERSION = /version "(\S+)"/;

/** Kafka's jars are fetched once, with Maven. */
export const kafkaInstallHint = (): string | undefined => {
  const java = versionOf('java', ['-version'], JAVA_VERSION) !== undefined;
  const fetched = existsSync(kafkaFolder());
  const maven = fetched || versionOf('mvn', ['-version'], /Apache Maven (\S+)/) !== undefined;
  return java && maven
    ? undefined
    : 'Kafka: install Java 17 and Maven (Debian: openjdk-17-jre-headless, maven)';
};

/** Starts a single node that is both broker and controller. Its data is in the folder of the engine. */
export async function startKafka({ folder }: EngineOptions): Promise<Engine> {
  mkdirSync(folder, { recursive: true });
  const jars = await kafkaJars();
  const { server, address } = await startOnFreePorts(['client', 'controller'], (ports) =>
    startOn(ports, jars, folder),
  );
  return {
    version: `Kafka ${VERSION}`,
    pids: [server.pid],
    envFor: () => Promise.resolve({ KAFKA_BROKERS: address }),
    databases: [],
    async stop() {
      await server.stop(STOP_STEPS);
    },
  };
}

async function startOn(
  { client: port, controller }: Readonly<Record<'client' | 'controller', number>>,
  jars: string,
  folder: string,
): Promise<{ server: ServiceProcess; address: string }> {
  const data = mkdtempSync(join(folder, 'data-'));
  const settings = join(folder, 'server.properties');
  writeFileSync(settings, textOf(properties(port, controller, data)));
  const format = ['format', '-t', randomClusterId(), '-c', settings];
  await runCommand('java', javaArguments(jars, 'kafka.tools.StorageTool', ...format));
  const address = `127.0.0.1:${port}`;
  const server = await startServer(
    {
      command: 'java',
      args: javaArguments(jars, 'kafka.Kafka', settings),
      cwd: folder,
      env: { PATH: process.env['PATH'], HOME: folder },
      logFile: join(folder, 'kafka.log'),
    },
    [port, controller],
    async () => {
      if (!(await isKafkaUp(address))) throw new Error(`no broker answers at ${address}`);
    },
  );
  return { server, address };
}
