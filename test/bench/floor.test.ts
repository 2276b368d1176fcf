import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { WORKER_OPTIONS } from '../../bench/floor/worker-options.ts';

describe('The floor', () => {
  it('has the options of the checkout’s worker', () => {
    const source = readFileSync(new URL('../../src/workers/workers.ts', import.meta.url), 'utf8');
    const tuning = /const TUNING = \{([^}]*)\}/.exec(source)?.[1] ?? '';
    const options = tuning
      .split('\n')
      .flatMap((line) => /^ *(\w+): (.+),$/.exec(line)?.slice(1, 3).join(' ') ?? []);
    const ours = Object.entries(WORKER_OPTIONS).map(([name, value]) =>
      typeof value === 'string' ? `${name} '${value}'` : `${name} ${value}`,
    );
    assert.deepEqual(
      options.map((option) => option.replace(/(?<=\d)_(?=\d)/g, '')),
      ours,
    );
  });
});
