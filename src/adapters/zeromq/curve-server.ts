import type { Logger } from 'pino';
import type { Endpoint } from './endpoint.ts';
import { openZapAuthenticator, type ZapAuthenticator } from './zap-authenticator.ts';

const LOOPBACK = /^(ipc:|tcp:\/\/(127\.|localhost|\[::1\]))/;

/** Who may connect to a socket that listens there. */
export interface SocketSecurity {
  /** For the socket. */
  readonly options: {
    readonly ipv6: boolean;
    readonly zapDomain?: string;
    readonly plainServer?: true;
    readonly curveServer?: true;
    readonly curveSecretKey?: string;
  };
  readonly gatekeeper: ZapAuthenticator | undefined;
}

/** `exposed`: what everyone can do who reaches an address without credentials, for the warning. */
export async function socketSecurityOf(
  endpoint: Endpoint,
  exposed: string,
  logger: Logger,
): Promise<SocketSecurity> {
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
    gatekeeper: guarded ? await openZapAuthenticator(endpoint, logger) : undefined,
  };
}
