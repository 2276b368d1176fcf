import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';

/** Writes a file that only its owner can read. The write is atomic and durable, even if the machine stops meanwhile. */
export function writePrivateFile(path: string, content: string): void {
  const unfinished = `${path}.${randomBytes(6).toString('hex')}`;
  const file = openSync(unfinished, 'wx', 0o600);
  try {
    writeSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(unfinished, path);
}

/** Returns the content, or undefined if the file does not exist. */
export function readIfExists(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Returns the secret in the file. Creates the file with a random secret if it does not exist or is empty. */
export function readOrCreateSecret(path: string, prefix = ''): string {
  const existing = readIfExists(path)?.trim();
  if (existing !== undefined && existing !== '') return existing;
  const secret = prefix + randomBytes(24).toString('base64url');
  writePrivateFile(path, `${secret}\n`);
  return secret;
}
