import type { Engine, EngineName, EngineOptions } from './engine.ts';
import { kafkaInstallHint, startKafka } from './kafka.ts';
import { rabbitMqInstallHint, startRabbitMq } from './rabbitmq.ts';
import { redisInstallHint, startRedis } from './redis.ts';
import { restateInstallHint, startRestate } from './restate.ts';
import { startTemporalDev } from './temporal-dev.ts';
import { startTemporalOnPostgres } from './temporal-postgres.ts';
import { temporalInstallHint } from './temporal-programs.ts';

/** Returns when the engine accepts work. @throws with the end of the server's log when it does not start */
export const startEngine = (name: EngineName, options: EngineOptions): Promise<Engine> =>
  engines[name].start(options);

/** Undefined where the engine can run on this machine; otherwise one line that says what to install. */
export const installHint = (name: EngineName): string | undefined => engines[name].installHint();

interface EngineDefinition {
  readonly start: (options: EngineOptions) => Promise<Engine>;
  readonly installHint: () => string | undefined;
}

const engines: Readonly<Record<EngineName, EngineDefinition>> = {
  'temporal-dev': { start: startTemporalDev, installHint: () => undefined },
  'temporal-postgres': { start: startTemporalOnPostgres, installHint: temporalInstallHint },
  restate: { start: startRestate, installHint: restateInstallHint },
  rabbitmq: { start: startRabbitMq, installHint: rabbitMqInstallHint },
  kafka: { start: startKafka, installHint: kafkaInstallHint },
  redis: { start: startRedis, installHint: redisInstallHint },
};
