import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import {
  forbiddenChanges,
  hashHistories,
  MANIFEST_FILE,
  MANIFEST_PATH,
  manifestLine,
  parseManifest,
  type Manifest,
} from '../support/history-manifest.ts';

const ADVICE =
  'A recorded history is never changed, deleted or recorded again: see docs/decisions/0021-baseline-0-2-0.md.';

describe('a recorded history', () => {
  const manifest = parseManifest(readFileSync(MANIFEST_FILE, 'utf8'));

  it('keeps its content and is not deleted', () => {
    assert.deepEqual(forbiddenChanges(manifest, hashHistories()), [], ADVICE);
  });

  it('is in the manifest', () => {
    const unlisted = [...hashHistories().keys()].filter((file) => !manifest.has(file));
    assert.deepEqual(unlisted, [], `Add the missing lines to ${MANIFEST_PATH}.`);
  });

  it('stays in the manifest as every release has listed it', () => {
    for (const tag of releaseTags())
      assert.deepEqual(forbiddenChanges(manifestAt(tag), manifest), [], `Since ${tag}: ${ADVICE}`);
  });
});

describe('the comparison of two manifests', () => {
  const a = 'a'.repeat(64);
  const b = 'b'.repeat(64);
  const earlier = parseManifest(manifestLine('paid.json', a) + manifestLine('free.json', a));

  it('allows additions', () => {
    assert.deepEqual(forbiddenChanges(earlier, new Map([...earlier, ['new.json', b]])), []);
  });

  it('reports what was changed and what was deleted', () => {
    assert.deepEqual(forbiddenChanges(earlier, new Map([['paid.json', b]])), [
      'paid.json was changed',
      'free.json was deleted',
    ]);
  });

  it('refuses a manifest with a line that it cannot read', () => {
    assert.throws(() => parseManifest('paid.json'), /a line that is not/);
  });
});

/** Empty before the first release, and in a copy without Git. */
function releaseTags(): string[] {
  return git('tag', '--list', 'v*')
    .split('\n')
    .filter((tag) => tag !== '');
}

/** Empty for a release from before the manifest. */
function manifestAt(tag: string): Manifest {
  return parseManifest(git('show', `${tag}:${MANIFEST_PATH}`));
}

function git(...args: string[]): string {
  try {
    return execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return '';
  }
}
