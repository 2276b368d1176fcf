import { readFileSync } from 'node:fs';

/**
 * `user:password` of a URL, percent-encoded; the password may have a colon as it is.
 *
 * @throws {TypeError} without the password
 */
export function credentialsOf(text: string): { username: string; password: string } {
  const colon = text.indexOf(':');
  const [username, password] = colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)];
  try {
    return { username: decodeURIComponent(username), password: decodeURIComponent(password) };
  } catch {
    throw new TypeError('user and password must be percent-encoded');
  }
}

/**
 * `?ca=<file>` of a URL: the certificates (PEM) of who has signed that of the server, where that is no public authority.
 *
 * @throws {TypeError} naming the file
 */
export function authorityOf(query: URLSearchParams): { ca?: Buffer } {
  const file = query.get('ca');
  if (file === null) return {};
  let ca: Buffer;
  try {
    ca = readFileSync(file);
  } catch {
    throw new TypeError(`ca: the file ${file} cannot be read`);
  }
  if (!ca.includes('-----BEGIN CERTIFICATE-----'))
    throw new TypeError(`ca: there is no certificate in PEM in the file ${file}`);
  return { ca };
}
