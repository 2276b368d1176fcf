import type { Logger } from '../src/platform/logging.ts';
import { missingTemporalOnPostgres, startTemporalOnPostgres } from './engines/temporal-postgres.ts';
import { missingKafka, startKafka } from './engines/kafka.ts';
import { missingRabbitMq, startRabbitMq } from './engines/rabbitmq.ts';
import { missingRedis, startRedis } from './engines/redis.ts';
import { missingRestate, startRestate } from './engines/restate.ts';
import { startTemporalDev } from './engines/temporal-dev.ts';

/** What a variant, or a way to ask it, stands on beside PostgreSQL and the sandbox. */
export const ENGINES = [
  'temporal-dev',
  'temporal-postgres',
  'restate',
  'rabbitmq',
  'kafka',
  'redis',
] as const;
export type EngineName = (typeof ENGINES)[number];

export interface EngineOptions {
  /** Its own, for whatever it keeps. */
  readonly folder: string;
  /** Of any database of the run's PostgreSQL; its user may create others. */
  readonly databaseUrl: string;
  readonly logger: Logger;
}

export interface Engine {
  /** Name and version. */
  readonly version: string;
  /** The roots of its process trees. */
  readonly pids: readonly number[];
  /** How a variant of this name finds it, and what is its own there. */
  envFor(variant: string): Promise<Readonly<Record<string, string>>>;
  /** Databases in the run's PostgreSQL that are its own. */
  readonly databases: readonly string[];
  /** Safe to call twice. */
  stop(): Promise<void>;
}

interface Kind {
  readonly start: (options: EngineOptions) => Promise<Engine>;
  /** What to install, where it cannot run here. */
  readonly missing: () => string | undefined;
}

const kinds: Readonly<Record<EngineName, Kind>> = {
  'temporal-dev': { start: startTemporalDev, missing: () => undefined },
  'temporal-postgres': { start: startTemporalOnPostgres, missing: missingTemporalOnPostgres },
  restate: { start: startRestate, missing: missingRestate },
  rabbitmq: { start: startRabbitMq, missing: missingRabbitMq },
  kafka: { start: startKafka, missing: missingKafka },
  redis: { start: startRedis, missing: missingRedis },
};

/** Returns when it takes work. @throws with its last words when it does not start */
export const startEngine = (name: EngineName, options: EngineOptions): Promise<Engine> =>
  kinds[name].start(options);

/** Undefined where the engine can run here; else one line that says what to install. */
export const missingFor = (name: EngineName): string | undefined => kinds[name].missing();
