import type { Document, Finding } from '../text/document.ts';
import { commandsOf, isPlaceholder } from '../text/shell.ts';

export interface Package {
  readonly scripts: Readonly<Record<string, string>>;
  readonly bin: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

/** Commands of npm that are not scripts. */
const NPM_COMMANDS = new Set([
  'ci',
  'init',
  'pkg',
  'install',
  'audit',
  'outdated',
  'pack',
  'version',
  'ls',
  'exec',
]);

/** `npm run …`, `npm start` and the like name a script of `package.json`; `npx …` names our program or a package. */
export function checkNpm(
  document: Document,
  { scripts, bin, dependencies, devDependencies }: Package,
): Finding[] {
  const programs = new Set([bin, dependencies, devDependencies].flatMap((each) => Object.keys(each)));
  return commandsOf(document).flatMap(({ words: [program = '', ...words], line }) => {
    const [first, second] = words.filter((word) => !word.startsWith('-'));
    const report = (named: string, fix: string): Finding[] => [{ file: document.file, line, named, fix }];
    if (program === 'npm' && first !== undefined && !NPM_COMMANDS.has(first)) {
      const script = first === 'run' ? second : first;
      if (script === undefined || isPlaceholder(script) || Object.hasOwn(scripts, script)) return [];
      return report(
        `npm ${first === 'run' ? 'run ' : ''}${script}`,
        `package.json has no such script. It has ${Object.keys(scripts).join(', ')}.`,
      );
    }
    if (program === 'npx' && first !== undefined && !isPlaceholder(first) && !programs.has(first))
      return report(`npx ${first}`, 'package.json has neither such a program nor such a dependency.');
    return [];
  });
}
