#!/usr/bin/env node
import { existsSync } from 'node:fs';

const main = new URL('../dist/src/cli/main.js', import.meta.url);
if (existsSync(main)) {
  await import(main.href);
} else {
  console.error('checkout is not built yet. Build it with "npm run build", and run the command again.');
  process.exitCode = 1;
}
