import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { MissingError } from '../../dev/tools/missing-error.ts';
import { appEnvironment, sandboxEnvironment } from '../../dev/child-environment.ts';
import { loadConfig } from '../../src/platform/config.ts';

const supportFile = (name: string): string => fileURLToPath(new URL(`../support/${name}`, import.meta.url));
const LOG_PROCESS = supportFile('platform/log-process.ts');
const CHILD_WITH_LOG = supportFile('dev/child-with-log.ts');

const FOR_PEOPLE = /^\[?\d\d:\d\d:\d\d\]? INFO: test: the order is placed \{"orderId":"o-1","code":7\}$/;

const environment = (settings: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  TERM: 'xterm-256color',
  ...settings,
});

/** Runs a script whose standard output is a pipe. Returns what it has printed. */
function printed(script: string, settings: NodeJS.ProcessEnv = {}): string {
  return spawnSync(process.execPath, ['--import', 'tsx', script], {
    env: environment(settings),
    encoding: 'utf8',
  }).stdout;
}

/** Runs a script in a terminal, which script(1) of util-linux provides. */
function onTerminal(script: string, settings: NodeJS.ProcessEnv = {}): string {
  const command = `'${process.execPath}' --import tsx '${script}'`;
  const { stdout } = spawnSync('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    env: environment(settings),
    encoding: 'utf8',
    input: '',
  });
  return stdout.replaceAll('\r\n', '\n');
}

describe('the format of the log', function () {
  this.timeout(30_000);

  it('is JSON where the output is no terminal, and a line for a person with LOG_FORMAT=pretty', () => {
    const { level, msg, orderId } = JSON.parse(printed(LOG_PROCESS)) as Record<string, unknown>;
    assert.deepEqual([level, msg, orderId], ['info', 'the order is placed', 'o-1']);
    const pretty = printed(LOG_PROCESS, { LOG_FORMAT: 'pretty' });
    assert.match(pretty.trimEnd(), FOR_PEOPLE, 'one line, without colours');
  });

  it('on a terminal is a line for a person, coloured unless NO_COLOR is set, also of a process that npm start has started', function () {
    if (spawnSync('script', ['--version']).status !== 0)
      throw new MissingError('script(1): apt-get install bsdutils');
    const coloured = onTerminal(CHILD_WITH_LOG).trimEnd();
    const plain = onTerminal(LOG_PROCESS, { NO_COLOR: '1' }).trimEnd();
    assert.match(plain, FOR_PEOPLE);
    assert.match(stripVTControlCharacters(coloured), FOR_PEOPLE);
    assert.notEqual(coloured, stripVTControlCharacters(coloured));
    const json = onTerminal(LOG_PROCESS, { LOG_FORMAT: 'json' });
    assert.equal((JSON.parse(json) as Record<string, unknown>)['msg'], 'the order is placed');
  });

  it('is passed on by npm start to its processes', () => {
    const connections = { databaseUrl: 'd', temporalAddress: 't', apiKey: 'k', webhookSecret: 'w' };
    for (const given of ['json', 'pretty', '']) {
      const config = loadConfig({ LOG_FORMAT: given });
      assert.equal(appEnvironment(config, connections)['LOG_FORMAT'], given);
      assert.equal(sandboxEnvironment(config, 'w')['LOG_FORMAT'], given);
    }
  });
});
