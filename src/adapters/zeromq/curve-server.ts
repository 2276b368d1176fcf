import type { Logger } from 'pino';
import type { Endpoint } from './endpoint.ts';
import { openGatekeeper, type Gatekeeper } from './zap-authenticator.ts';

const LOOPBACK = /^(ipc:|tcp:\/\/(127\.|localhost|\[::1\]))/;

/** Who may connect to a socket that listens there. */
export interface Guard {
  /** For the socket. */
  readonly options: {
    readonly ipv6: boolean;
    readonly zapDomain?: string;
    readonly plainServer?: true;
    readonly curveServer?: true;
    readonly curveSecretKey?: string;
  };
  readonly gatekeeper: Gatekeeper | undefined;
}

/** `exposed`: what everyone can do who reaches an address without credentials, for the warning. */
export async function guardOf(endpoint: Endpoint, exposed: string, logger: Logger): Promise<Guard> {
  const { address, plain, curve } = endpoint;
  const guarded = plain !== undefined || curve !== undefined;
  if (!guarded && !LOOPBACK.test(address))
    logger.warn({ address }, `everyone who reaches this address ${exposed}`);
  return {
    options: {
      ipv6: address.includes('['),
      ...(guarded && { zapDomain: address }),
      ...(plain && { plainServer: true }),
      ...(curve && { curveServer: true, curveSecretKey: curve.secretKey }),
    },
    gatekeeper: guarded ? await openGatekeeper(endpoint, logger) : undefined,
  };
}
