import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { formatMessages, transform, type TransformFailure } from 'esbuild';

/** Returns the syntax errors of TypeScript files as text for a terminal, or undefined if there is none. */
export async function syntaxErrors(files: readonly string[], root: string): Promise<string | undefined> {
  const blocks = await Promise.all(files.map((file) => errorsIn(file, relative(root, file))));
  return blocks.flat().join('') || undefined;
}

async function errorsIn(file: string, sourcefile: string): Promise<string[]> {
  try {
    await transform(await readFile(file, 'utf8'), { loader: 'ts', sourcefile, logLevel: 'silent' });
    return [];
  } catch (error) {
    if (isRemoved(error)) return [];
    if (!isTransformFailure(error)) throw error;
    return formatMessages(error.errors, { kind: 'error', color: process.stdout.isTTY });
  }
}

const isRemoved = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';

const isTransformFailure = (error: unknown): error is TransformFailure =>
  error instanceof Error && 'errors' in error;
