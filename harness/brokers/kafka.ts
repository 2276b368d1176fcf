import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Admin } from '@platformatic/kafka';
import { kafkaAddress } from '../../src/adapters/kafka/address.ts';
import { MissingError } from '../../dev/tools/missing-error.ts';
import { cacheFolder } from '../../dev/tools/cache-folder.ts';
import { startOnFreePorts } from '../../dev/processes/free-ports.ts';
import { temporaryFolder } from '../servers/test-servers.ts';
import { urlPartsOf, type Secured } from './certificates.ts';
import { runCommand } from './command.ts';
import { installPackages } from './install.ts';
import { startServer, type BrokerServer } from './server.ts';

export const VERSION = '4.3.1';
const JAVA = [
  ...['-Xmx384m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=error',
];

/** Starts a private Kafka of one node that is broker and controller. Takes about 5 s, once its jars are in the cache. */
export const startKafka = (): Promise<BrokerServer> => start();

/** The same for one user and TLS only. Its URL has the mechanism SCRAM-SHA-512; it accepts PLAIN as well. */
export const startSecuredKafka = (secured: Secured): Promise<BrokerServer> => start(secured);

async function start(secured?: Secured): Promise<BrokerServer> {
  const jars = await kafkaJars();
  return startOnFreePorts(['client', 'controller', 'inner'], (ports) => startKafkaOn(ports, jars, secured));
}

export interface KafkaPorts {
  readonly client: number;
  readonly controller: number;
  /** For the broker itself, when clients need TLS and a password. */
  readonly inner: number;
}

/** @throws {PortInUseError} if another process listens on one of the ports */
export async function startKafkaOn(
  { client: port, controller, inner }: KafkaPorts,
  jars: string,
  secured?: Secured,
): Promise<BrokerServer> {
  const folder = temporaryFolder();
  const settings = join(folder, 'server.properties');
  const plain = properties(port, controller, join(folder, 'data'));
  writeFileSync(
    settings,
    textOf({ ...plain, ...(secured && secure(secured, folder, port, controller, inner)) }),
  );
  const java = (main: string, ...args: string[]): string[] => javaArguments(jars, main, ...args);
  const users = secured
    ? ['--add-scram', `SCRAM-SHA-512=[name=${secured.username},password=${secured.password}]`]
    : [];
  const format = ['format', '-t', randomClusterId(), '-c', settings, ...users];
  await runCommand('java', java('kafka.tools.StorageTool', ...format));
  const url = urlOf(port, secured);
  return startServer({
    name: 'Kafka',
    command: 'java',
    args: java('kafka.Kafka', settings),
    env: process.env,
    folder,
    url,
    ports: secured ? [port, controller, inner] : [port, controller],
    portInUse: [/failed to bind to \S+:(\d+): Address already in use/],
    isUp: () => isKafkaUp(url),
  });
}

export const javaArguments = (jars: string, main: string, ...args: string[]): string[] => [
  ...JAVA,
  '-cp',
  join(jars, '*'),
  main,
  ...args,
];

export async function isKafkaUp(url: string): Promise<boolean> {
  const admin = new Admin({ clientId: 'test', ...kafkaAddress(url), retries: 0, connectTimeout: 1_000 });
  try {
    await admin.listTopics();
    return true;
  } catch {
    return false;
  } finally {
    await admin.close();
  }
}

type Properties = Record<string, string | number | boolean>;

export function properties(port: number, controllerPort: number, dataDir: string): Properties {
  return {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': dataDir,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    'auto.create.topics.enable': false,
  };
}

export const textOf = (some: Properties): string =>
  Object.entries(some)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n');

/** Clients connect with TLS and a password; the broker itself uses a listener of its own. */
function secure(
  { certificate, key, username, password }: Secured,
  folder: string,
  port: number,
  controllerPort: number,
  innerPort: number,
): Properties {
  const store = join(folder, 'server.pem');
  writeFileSync(store, readFileSync(key, 'utf8') + readFileSync(certificate, 'utf8'), { mode: 0o600 });
  const modules = 'org.apache.kafka.common.security';
  const own = `INNER://127.0.0.1:${innerPort}`;
  return {
    listeners: `CLIENT://127.0.0.1:${port},${own},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `CLIENT://127.0.0.1:${port},${own}`,
    'inter.broker.listener.name': 'INNER',
    'listener.security.protocol.map': 'CLIENT:SASL_SSL,INNER:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'listener.name.client.ssl.keystore.type': 'PEM',
    'listener.name.client.ssl.keystore.location': store,
    'listener.name.client.sasl.enabled.mechanisms': 'SCRAM-SHA-512,PLAIN',
    'listener.name.client.scram-sha-512.sasl.jaas.config': `${modules}.scram.ScramLoginModule required;`,
    'listener.name.client.plain.sasl.jaas.config': `${modules}.plain.PlainLoginModule required user_${username}="${password}";`,
  };
}

function urlOf(port: number, secured?: Secured): string {
  if (!secured) return `127.0.0.1:${port}`;
  const { user, ca } = urlPartsOf(secured);
  return `kafkas://${user}@127.0.0.1:${port}?mechanism=SCRAM-SHA-512&${ca}`;
}

/** The folder of the jars of Kafka and its dependencies, also before they are fetched. */
export function kafkaFolder(): string {
  const dependencies = createHash('sha256').update(POM).digest('hex').slice(0, 12);
  return join(cacheFolder(), `kafka-${VERSION}-${dependencies}`);
}

/** The programs that Kafka needs, and their Debian packages. */
const DEBIAN_PACKAGES = { java: 'openjdk-17-jre-headless', mvn: 'maven' } as const;

/**
 * Returns the folder with the jars of Kafka and its dependencies. The first call fetches them with Maven (half a minute).
 *
 * @throws {MissingError} without Java, or if the jars cannot be fetched
 */
export async function kafkaJars(): Promise<string> {
  const path = kafkaFolder();
  const isFetched = existsSync(path);
  const missing: string[] = [];
  for (const program of isFetched ? (['java'] as const) : (['java', 'mvn'] as const))
    if (!(await isInstalled(program))) missing.push(DEBIAN_PACKAGES[program]);
  if (missing.length > 0) await installPackages('Kafka', missing);
  if (isFetched) return path;
  process.stderr.write(`      fetching Kafka ${VERSION} (half a minute)\n`);
  const folder = mkdtempSync(join(cacheFolder(), '.fetch-'));
  try {
    writeFileSync(join(folder, 'pom.xml'), POM);
    const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${join(folder, 'jars')}`];
    await runCommand('mvn', ['--batch-mode', '--quiet', ...goal], { cwd: folder });
    renameSync(join(folder, 'jars'), path);
    return path;
  } catch (error) {
    if (existsSync(path)) return path; // another process has fetched it meanwhile
    const reason = error instanceof Error ? error.message : String(error);
    throw new MissingError(
      `Kafka ${VERSION}: Maven fetches it where there is a network (${reason})`,
      undefined,
      { cause: error },
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const isInstalled = (command: string): Promise<boolean> =>
  runCommand(command, ['-version']).then(
    () => true,
    () => false,
  );

const dependency = (group: string, artifact: string, version: string): string =>
  `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>test</groupId><artifactId>kafka</artifactId><version>1</version>
  <dependencies>
    ${dependency('org.apache.kafka', 'kafka_2.13', VERSION)}
    ${dependency('org.slf4j', 'slf4j-simple', '1.7.36')}
  </dependencies>
</project>
`;

/** Returns a random cluster id for `kafka-storage format`. One that begins with `-` would be read as an option. */
export function randomClusterId(): string {
  for (;;) {
    const id = randomBytes(16).toString('base64url');
    if (!id.startsWith('-')) return id;
  }
}
