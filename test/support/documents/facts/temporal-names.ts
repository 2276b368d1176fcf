import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { roles } from '../../../../src/platform/environment.ts';
import { LEDGER_STEPS } from '../../../../src/contracts/temporal/ledger-steps.ts';
import * as messages from '../../../../src/contracts/temporal/messages.ts';
import * as names from '../../../../src/contracts/temporal/names.ts';
import type { TemporalNames } from '../checks/temporal.ts';
import type { Tree } from '../../repository-tree.ts';
import { namesIn } from '../text/names-in.ts';

/** The names in `src/contracts` that Temporal sees, and the roles of a process, which the documents name in the same way. */
export function readTemporalNames(root: string, tree: Tree): TemporalNames {
  return new Map([
    ['workflow', valuesOf(names, '_WORKFLOW')],
    ['activity', new Set([...Object.keys(LEDGER_STEPS), ...activitiesIn(root, tree)])],
    ['task queue', new Set<string>(Object.values(names.TASK_QUEUES))],
    ['search attribute', new Set<string>(Object.values(names.SEARCH_ATTRIBUTES).map(({ name }) => name))],
    ['update', valuesOf(messages, '_UPDATE')],
    ['signal', valuesOf(messages, '_SIGNAL')],
    ['role', new Set<string>(roles)],
  ]);
}

/** The strings that a module exports under names with this ending. */
const valuesOf = (module: object, ending: string): Set<string> =>
  new Set(
    Object.entries(module).flatMap(([name, value]) =>
      name.endsWith(ending) && typeof value === 'string' ? [value] : [],
    ),
  );

/** The methods of the interfaces `…Activities`, which exist as types only. */
const activitiesIn = (root: string, { files }: Tree): string[] =>
  files
    .filter((file) => file.startsWith('src/contracts/'))
    .flatMap((file) =>
      namesIn(readFileSync(join(root, file), 'utf8'), /^export interface \w+Activities \{\n([\s\S]*?)^\}/gm),
    )
    .flatMap((body) => namesIn(body, /^ {2}(\w+)\(/gm));
