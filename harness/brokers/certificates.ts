import { join } from 'node:path';
import { MissingError } from '../../dev/tools/missing-error.ts';
import { temporaryFolder } from '../servers/test-servers.ts';
import { runCommand } from './command.ts';

/** Paths of PEM files. */
export interface Certificates {
  /** The certificate of an authority that no system trusts by itself. */
  readonly ca: string;
  /** The certificate of a server at 127.0.0.1, signed by the authority. */
  readonly certificate: string;
  readonly key: string;
}

/** The only user of a broker that accepts TLS only. The password has characters that a URL must encode. */
export interface Secured extends Certificates {
  readonly username: string;
  readonly password: string;
}

/** @throws {MissingError} without OpenSSL */
export async function makeSecured(): Promise<Secured> {
  return { ...(await makeCertificates()), username: 'shop', password: 'p:ss/w@rd' };
}

async function makeCertificates(): Promise<Certificates> {
  const folder = temporaryFolder();
  const file = (name: string): string => join(folder, name);
  const make = (name: string, subject: string, extension: string, ...more: string[]): Promise<void> =>
    runCommand('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
      ...['-keyout', file(`${name}.key`), '-out', file(`${name}.pem`), '-subj', subject],
      ...['-addext', extension, ...more],
    ]);
  try {
    await make('ca', '/CN=test authority', 'keyUsage=critical,keyCertSign');
    await make(
      'server',
      '/CN=test broker',
      'subjectAltName=IP:127.0.0.1',
      ...['-addext', 'basicConstraints=critical,CA:FALSE', '-CA', file('ca.pem'), '-CAkey', file('ca.key')],
    );
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new MissingError(`OpenSSL 3: apt-get install openssl (${reason})`, undefined, { cause: error });
  }
  return { ca: file('ca.pem'), certificate: file('server.pem'), key: file('server.key') };
}

/** The credentials and the authority, encoded for the URL of a broker. */
export function urlPartsOf({ username, password, ca }: Secured): { user: string; ca: string } {
  const user = `${encodeURIComponent(username)}:${encodeURIComponent(password)}`;
  return { user, ca: `ca=${encodeURIComponent(ca)}` };
}
