import type { Config } from '../src/platform/config.ts';
import { bindError, listens } from './processes/free-port.ts';
import { StartError } from './processes/start-error.ts';

interface NeededPort {
  readonly variable: string;
  readonly host: string;
  readonly port: number;
}

/** The ports that we are going to listen on: not those of parts that run elsewhere. */
export function neededPorts(config: Config): readonly NeededPort[] {
  const { http, embedded } = config;
  const own = '127.0.0.1';
  return [
    { variable: 'PORT', host: http.host, port: http.port },
    ...(config.databaseUrl === undefined
      ? [{ variable: 'POSTGRES_PORT', host: own, port: embedded.postgresPort }]
      : []),
    ...(config.temporal.address === undefined
      ? [
          { variable: 'TEMPORAL_PORT', host: own, port: embedded.temporalPort },
          { variable: 'TEMPORAL_UI_PORT', host: own, port: embedded.temporalUiPort },
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

/** @throws {StartError} naming the variable of the first port that is not to be had */
export async function checkPorts(ports: readonly NeededPort[]): Promise<void> {
  for (const { variable, host, port } of ports) {
    const other = ports.find((each) => each.port === port);
    if (other !== undefined && other.variable !== variable)
      throw new StartError(
        `${other.variable} and ${variable} are both ${port}: set one of them to another port.`,
      );
    // A server on all addresses does not everywhere keep us from listening on one of them.
    const failure = (await listens(port)) ? 'EADDRINUSE' : await bindError(port, host);
    if (failure !== undefined) throw new StartError(explanation(failure, { variable, host, port }));
  }
}

function explanation(code: string, { variable, host, port }: NeededPort): string {
  if (code === 'EADDRINUSE')
    return `Port ${port} is taken: set ${variable} to a free one, for example ${variable}=${port + 1} npm start`;
  if (code === 'EACCES')
    return `Port ${port} may not be used by this user: set ${variable} to one above 1023.`;
  return `HOST=${host} is not an address of this machine that can be listened on (${code}).`;
}
