import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { downloadSite } from '../../dev/tools/download-site.ts';
import { temporalCliPath } from '../../dev/temporal/cli.ts';
import { cachedTool, type ToolSource } from '../../dev/tools/tool-cache.ts';
import type { Tool } from '../../dev/tools/tools.ts';
import { createLogger } from '../../src/platform/logging.ts';
import { CLOSED_PORT } from '../../harness/closed-port.ts';
import { temporaryFolder } from '../../harness/servers/test-servers.ts';

const program = '#!/bin/sh\necho hello\n';
const logger = createLogger({ level: 'silent' });

const tool: Tool = {
  name: 'hello',
  title: 'Hello',
  version: '1.0.0',
  artifact: 'hello',
  wheel: 'hello==1.0.0',
  sha256: { [`${process.platform}-${process.arch}`]: createHash('sha256').update(program).digest('hex') },
};

/** A source that returns the content and counts its downloads. */
function sourceOf(content: string, name = 'a source'): ToolSource & { count: number } {
  const source = {
    name,
    count: 0,
    fetch: (_tool: Tool, folder: string) => {
      source.count++;
      writeFileSync(join(folder, 'fetched'), content);
      return Promise.resolve(join(folder, 'fetched'));
    },
  };
  return source;
}

const refusing = (name: string, why: string): ToolSource => ({
  name,
  fetch: () => Promise.reject(new Error(why)),
});

describe('the tool cache', () => {
  it('downloads a program once: the second start downloads nothing', async () => {
    const cache = temporaryFolder();
    const source = sourceOf(program);
    const path = await cachedTool(tool, cache, [source], logger);
    assert.equal(await cachedTool(tool, cache, [source], logger), path);
    assert.equal(source.count, 1);
    assert.equal(statSync(path).mode & 0o777, 0o755);
    assert.deepEqual(readdirSync(cache), ['hello-1.0.0']);
  });

  it('refuses a program with a wrong checksum, and keeps nothing of it', async () => {
    const cache = temporaryFolder();
    await assert.rejects(
      cachedTool(tool, cache, [sourceOf('#!/bin/sh\nrm -rf /\n', 'a bad one')], logger),
      /^Error: a bad one \(its SHA-256 is [0-9a-f]{64}, not the pinned [0-9a-f]{64}\)$/,
    );
    assert.deepEqual(readdirSync(cache), []);
  });

  it('tries the next source if one fails', async () => {
    const cache = temporaryFolder();
    const good = sourceOf(program);
    const path = await cachedTool(
      tool,
      cache,
      [refusing('one', 'cannot resolve'), sourceOf('bad'), good],
      logger,
    );
    assert.equal(readFileSync(path, 'utf8'), program);
    assert.equal(good.count, 1);
  });

  it('downloads a program again that is damaged in the cache', async () => {
    const cache = temporaryFolder();
    const path = await cachedTool(tool, cache, [sourceOf(program)], logger);
    appendFileSync(path, 'x');
    const again = sourceOf(program);
    assert.equal(readFileSync(await cachedTool(tool, cache, [again], logger), 'utf8'), program);
    assert.equal(again.count, 1);
  });

  it('allows two downloads at the same time', async () => {
    const cache = temporaryFolder();
    const both = await Promise.all([1, 2].map(() => cachedTool(tool, cache, [sourceOf(program)], logger)));
    assert.deepEqual(
      both.map((path) => readFileSync(path, 'utf8')),
      [program, program],
    );
    assert.deepEqual(readdirSync(cache), ['hello-1.0.0']);
  });

  it('unpacks the archive of the download site', async () => {
    const archive = gzipSync(
      Buffer.concat([tarred('README', 'read me'), tarred('folder/hello', program), Buffer.alloc(1024)]),
    );
    let url = '';
    const server = createServer((request, response) => {
      if (request.url?.startsWith('/hello/v1.0.0?') === true)
        response.end(JSON.stringify({ archiveUrl: `${url}/archive`, fileToExtract: 'hello' }));
      else response.end(archive);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      const path = await cachedTool(tool, temporaryFolder(), [downloadSite(url)], logger);
      assert.equal(readFileSync(path, 'utf8'), program);
    } finally {
      server.close();
    }
  });

  it('reports why the download site cannot be used', async () => {
    await assert.rejects(
      cachedTool(tool, temporaryFolder(), [downloadSite(`http://127.0.0.1:${CLOSED_PORT}`)], logger),
      /cannot reach 127\.0\.0\.1:\d+: ECONNREFUSED/,
    );
  });
});

describe('the Temporal CLI', () => {
  const path = process.env['PATH'];
  const cacheHome = process.env['XDG_CACHE_HOME'];
  beforeEach(() => {
    process.env['PATH'] = '/nonexistent';
    process.env['XDG_CACHE_HOME'] = temporaryFolder();
  });
  afterEach(() => {
    process.env['PATH'] = path;
    if (cacheHome === undefined) delete process.env['XDG_CACHE_HOME'];
    else process.env['XDG_CACHE_HOME'] = cacheHome;
  });

  it('that cannot be found is reported in one line that lists what was tried', async () => {
    const sources = [refusing('a site', 'cannot resolve it'), refusing('PyPI', 'there is no pip')];
    await assert.rejects(temporalCliPath({ given: undefined, dataDir: temporaryFolder(), logger, sources }), {
      message:
        'Found no Temporal CLI. Tried: the PATH (none); a site (cannot resolve it); PyPI (there is no pip). ' +
        'Install 1.9.1 or newer and set TEMPORAL_CLI to its path, or set TEMPORAL_ADDRESS to a running server.',
    });
  });

  const installed = [
    { it: 'is used if its path is given', version: '1.9.1', accepted: true },
    { it: 'may be newer', version: '1.10.0', accepted: true },
    { it: 'is refused if it is older', version: '1.8.9', accepted: false },
  ];
  for (const { it: name, version, accepted } of installed)
    it(name, async () => {
      const given = join(temporaryFolder(), 'temporal');
      writeFileSync(given, `#!/bin/sh\necho "temporal version ${version} (Server 1.32.0)"\n`, {
        mode: 0o755,
      });
      const answer = temporalCliPath({ given, dataDir: temporaryFolder(), logger, sources: [] });
      if (accepted) assert.equal(await answer, given);
      else
        await assert.rejects(
          answer,
          /^Error: TEMPORAL_CLI must be the path .* 1\.9\.1 or newer, but .* is 1\.8\.9\.$/,
        );
    });
});

function tarred(name: string, content: string): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write(Buffer.byteLength(content).toString(8).padStart(11, '0'), 124);
  header.write('0', 156);
  return Buffer.concat([
    header,
    Buffer.from(content),
    Buffer.alloc((512 - (Buffer.byteLength(content) % 512)) % 512),
  ]);
}
