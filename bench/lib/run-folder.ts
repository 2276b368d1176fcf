import { chmodSync, mkdirSync, mkdtempSync } from 'node:fs';
import { resolve } from 'node:path';

/**
 * Creates a folder for the data of one run, on the disk of the checkout: a temporary folder may be in memory, where a sync costs
 * nothing. The caller removes it.
 */
export function createRunFolder(): string {
  mkdirSync('.data', { recursive: true });
  const folder = mkdtempSync(resolve('.data', 'bench-'));
  // When the benchmark runs as root, PostgreSQL runs as a user of its own, who must be able to enter the folder.
  chmodSync(folder, 0o711);
  return folder;
}
