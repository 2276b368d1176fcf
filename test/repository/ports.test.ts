import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/platform/package-root.ts';
import { repositoryTree } from '../support/repository-tree.ts';

/** Functions and packages that look for a free port and do not keep it. */
const FREE_PORT =
  /\b(get|find|pick|ask|choose)?_?free_?ports?\(|\bget-port\b|\bportfinder\b|\bdetect-port\b/i;

const root = packageRoot();
const files = repositoryTree(root).files.filter(
  (file) => /\.(ts|js|cjs|py)$|(^|\/)package\.json$/.test(file) && file !== 'test/repository/ports.test.ts',
);

describe('the ports of servers', () => {
  it('are bound by whoever chooses them: port 0, or startOnFreePorts', () => {
    const found = files.flatMap((file) =>
      readFileSync(join(root, file), 'utf8')
        .split('\n')
        .map((text, index) => `${file}:${index + 1}: ${text.trim()}`)
        .filter((line) => FREE_PORT.test(line)),
    );
    assert.deepEqual(
      found,
      [],
      'A port that is free when it is asked for may be taken before a server listens: see startOnFreePorts',
    );
  });
});
