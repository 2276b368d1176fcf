import type { Config } from '../src/platform/config.ts';
import { portInUse } from '../src/platform/port-in-use.ts';
import { bindError, isListening } from './processes/listening.ts';
import { StartError } from './processes/start-error.ts';

interface NeededPort {
  readonly variable: string;
  readonly host: string;
  readonly port: number;
}

/** Returns the ports of the parts that run on this machine. */
export function neededPorts(config: Config): readonly NeededPort[] {
  const { http, metrics, embedded } = config;
  const loopback = '127.0.0.1';
  return [
    { variable: 'PORT', host: http.host, port: http.port },
    // Where none is configured, the application takes one that is free.
    ...(metrics.port === undefined
      ? []
      : [{ variable: 'METRICS_PORT', host: http.host, port: metrics.port }]),
    ...(config.databaseUrl === undefined
      ? [{ variable: 'POSTGRES_PORT', host: loopback, port: embedded.postgresPort }]
      : []),
    ...(config.temporal.address === undefined
      ? [
          { variable: 'TEMPORAL_PORT', host: loopback, port: embedded.temporalPort },
          { variable: 'TEMPORAL_UI_PORT', host: loopback, port: embedded.temporalUiPort },
          ...(embedded.temporalMetricsPort === undefined
            ? []
            : [{ variable: 'TEMPORAL_METRICS_PORT', host: loopback, port: embedded.temporalMetricsPort }]),
        ]
      : []),
    ...(embedded.sandbox
      ? [
          { variable: 'SANDBOX_PORT', host: http.host, port: embedded.sandboxPort },
          { variable: 'SMTP_PORT', host: http.host, port: embedded.smtpPort },
        ]
      : []),
  ];
}

/** @throws {StartError} naming the variable of the first port that cannot be used */
export async function checkPorts(ports: readonly NeededPort[]): Promise<void> {
  for (const { variable, port } of ports) {
    const other = ports.find((each) => each.port === port);
    if (other !== undefined && other.variable !== variable)
      throw new StartError(
        `${other.variable} and ${variable} are both ${port}. Set one of them to another port.`,
      );
  }
  for (const { variable, host, port } of ports) {
    // On some systems a server on all addresses does not prevent another one from listening on a single address.
    const failure = (await isListening(port)) ? 'EADDRINUSE' : await bindError(port, host);
    if (failure !== undefined) throw new StartError(explanation(failure, { variable, host, port }));
  }
}

/**
 * Returns the error with the variable to set, if a part could not start because another process took one of these ports after
 * {@link checkPorts}; otherwise undefined.
 */
export function takenPortError(error: unknown, ports: readonly NeededPort[]): StartError | undefined {
  const taken = portInUse(error);
  const needed = ports.find(({ port }) => port === taken);
  return needed && new StartError(explanation('EADDRINUSE', needed), { cause: error });
}

function explanation(code: string, { variable, host, port }: NeededPort): string {
  if (code === 'EADDRINUSE')
    return `Port ${port} is used by another process. Set ${variable} to a free port, for example: ${variable}=${port + 1} npm start`;
  if (code === 'EACCES')
    return `This user may not listen on port ${port}. Set ${variable} to a port above 1023.`;
  return `HOST=${host} is not an address of this machine (${code}). Set HOST to one, for example 127.0.0.1.`;
}
