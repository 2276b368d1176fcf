import { join } from 'node:path';
import type { Context } from 'mocha';
import { temporaryFolder } from '../servers/test-servers.ts';
import { skipOrFail } from '../skip-or-fail.ts';
import { runCommand } from './command.ts';

/** Files in PEM. */
export interface Certificates {
  /** Of an authority that nobody knows but who is given this file. */
  readonly ca: string;
  /** Of a server at 127.0.0.1, signed by it. */
  readonly certificate: string;
  readonly key: string;
}

/** A user of a broker that takes nobody else, and speaks TLS only. The password has what a URL must encode. */
export interface Secured extends Certificates {
  readonly username: string;
  readonly password: string;
}

export async function makeSecured(test: Context): Promise<Secured> {
  return { ...(await makeCertificates(test)), username: 'shop', password: 'p:ss/w@rd' };
}

async function makeCertificates(test: Context): Promise<Certificates> {
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
    return skipOrFail(test, `OpenSSL 3 (${error instanceof Error ? error.message : String(error)})`);
  }
  return { ca: file('ca.pem'), certificate: file('server.pem'), key: file('server.key') };
}

/** The credentials and the authority as they stand in the URL of a broker. */
export function urlPartsOf({ username, password, ca }: Secured): { user: string; ca: string } {
  const user = `${encodeURIComponent(username)}:${encodeURIComponent(password)}`;
  return { user, ca: `ca=${encodeURIComponent(ca)}` };
}
