import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';

/** Writes a file that only its owner reads, whole or not at all, even if the machine stops in between. */
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

/** The content, or undefined when there is no such file. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The secret kept in the file; made up at the first call. */
export function keptSecret(path: string, prefix = ''): string {
  const kept = readIfThere(path)?.trim();
  if (kept !== undefined && kept !== '') return kept;
  const secret = prefix + randomBytes(24).toString('base64url');
  writePrivateFile(path, `${secret}\n`);
  return secret;
}
