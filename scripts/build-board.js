/**
 * Builds the operator's board to `dist/board`, and compresses each file once, as strongly as possible: the server sends the files as
 * they are.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));

await build({ configFile: join(root, 'board/vite.config.js'), logLevel: 'warn' });

const files = readdirSync(join(root, 'dist/board'), { recursive: true, withFileTypes: true }).filter(
  (entry) => entry.isFile(),
);
for (const { parentPath, name } of files) {
  const path = join(parentPath, name);
  const content = readFileSync(path);
  writeFileSync(`${path}.gz`, gzipSync(content, { level: constants.Z_BEST_COMPRESSION }));
  writeFileSync(`${path}.br`, brotliCompressSync(content));
}
