import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  crc32c,
  lz4Compress,
  lz4Decompress,
  snappyCompress,
  snappyDecompress,
} from '@platformatic/wasm-utils';
import semver from 'semver';
import { packageRoot } from '../../src/platform/package-root.ts';
import { repositoryTree } from '../support/repository-tree.ts';

interface Package {
  readonly version?: string;
  readonly engines?: { readonly node?: string };
  readonly resolved?: string;
  readonly link?: boolean;
}
interface Lock {
  readonly packages: Readonly<Record<string, Package>>;
}

const root = packageRoot();
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const json = (file: string): unknown => JSON.parse(read(file));

const folders = repositoryTree(root)
  .files.filter((file) => /(^|\/)package-lock\.json$/.test(file))
  .map(dirname);

for (const folder of folders)
  describe(`the packages in ${join(folder, 'package-lock.json')}`, () => {
    const manifest = json(join(folder, 'package.json')) as Package & Readonly<Record<string, unknown>>;
    const packages = Object.entries((json(join(folder, 'package-lock.json')) as Lock).packages);

    it('support every Node that package.json promises, so that npm warns of none', () => {
      const promised = manifest.engines?.node ?? '*';
      const unsupported = packages
        .filter(([, { engines }]) => !semver.subset(promised, engines?.node ?? '*'))
        .map(([path, { version, engines }]) => `${path}@${version ?? ''} needs Node ${engines?.node ?? ''}`);
      assert.deepEqual(unsupported, []);
    });

    it('come from whichever registry npm is configured with, or from a folder of this repository', () => {
      const bound = packages.filter(([, { resolved, link }]) => resolved !== undefined && link !== true);
      assert.deepEqual(bound, []);
    });

    it('have exact versions in package.json', () => {
      const wanted = ['dependencies', 'devDependencies', 'overrides'].flatMap((name) =>
        Object.entries((manifest[name] ?? {}) as Record<string, string>),
      );
      const ranges = wanted.filter(
        ([, version]) => semver.valid(version) === null && !version.startsWith('file:vendor/'),
      );
      assert.deepEqual(ranges, []);
    });

    it('run no script when they are installed', () => {
      assert.match(read(join(folder, '.npmrc')), /^ignore-scripts=true$/m);
    });
  });

describe('the packages of Temporal', () => {
  it('have one version', () => {
    const { packages } = json('package-lock.json') as Lock;
    const versions = Object.entries(packages)
      .filter(([path]) => /(^|\/)node_modules\/@temporalio\/[^/]+$/.test(path))
      .map(([, { version }]) => version);
    assert.ok(versions.length > 0);
    assert.equal(new Set(versions).size, 1, `they have ${[...new Set(versions)].join(', ')}`);
  });
});

describe('the packages in vendor', () => {
  it('have the files that were published, but for what vendor/README.md names', () => {
    const sums = read('vendor/SHA256SUMS').trim().split('\n');
    const changed = sums.filter((line) => {
      const [sum, file = ''] = line.split('  ');
      const content = readFileSync(join(root, 'vendor', file));
      return createHash('sha256').update(content).digest('hex') !== sum;
    });
    assert.deepEqual(changed, []);
  });

  it('compress and check messages on this Node', () => {
    const message = Buffer.from('an order that was placed by message '.repeat(100));
    assert.deepEqual(lz4Decompress(lz4Compress(message)), message);
    assert.deepEqual(snappyDecompress(snappyCompress(message)), message);
    // The value that RFC 3720 gives for 32 bytes of zeros.
    assert.equal(crc32c(Buffer.alloc(32)), 0x8a9136aa);
  });
});
