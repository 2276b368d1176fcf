import { readFileSync } from 'node:fs';

/**
 * Decodes `user:password` of a URL, which is percent-encoded; the password may contain a colon.
 *
 * @throws {TypeError} whose message does not have the password
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
 * Reads `?ca=<file>` of a URL: the certificates (PEM) of the authority that signed the server's certificate, if it is not a public one.
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
    throw new TypeError(`ca: the file ${file} has no certificate in PEM format`);
  return { ca };
}
