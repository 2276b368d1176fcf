import type { Logger } from '../../src/platform/logging.ts';
import { missingTemporalOnPostgres, startTemporalOnPostgres } from './temporal-postgres.ts';
import { missingKafka, startKafka } from './kafka.ts';
import { missingRabbitMq, startRabbitMq } from './rabbitmq.ts';
import { missingRedis, startRedis } from './redis.ts';
import { missingRestate, startRestate } from './restate.ts';
import { startTemporalDev } from './temporal-dev.ts';

export * from './engine.ts';

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
