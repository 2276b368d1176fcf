import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Tree } from '../../repository-tree.ts';

const SOURCE = /^(src|dev|sandbox|harness|proof|bench|test|scripts|db|examples)\/.*\.(ts|cjs|sql|py)$/;
/** Recorded data, and the tests of the documents, which name what does not exist on purpose. */
const NOT_SOURCE = /^(db\/releases|test\/repository|test\/support\/documents)\//;

/** Every name in the sources: of functions, types, columns, codes and members. */
export const sourceWords = (root: string, tree: Tree): ReadonlySet<string> =>
  found(root, tree, SOURCE, /[A-Za-z_]\w*/g);

/** The options of the programs whose command line is not built before they run: the benchmark, the proof and the scripts. */
export const optionsInSources = (root: string, tree: Tree): ReadonlySet<string> =>
  found(root, tree, /^(bench|proof|scripts)\/.*\.ts$/, /(?<=['"`])--[a-z][a-z-]*/g);

function found(root: string, { files }: Tree, file: RegExp, pattern: RegExp): ReadonlySet<string> {
  const texts = files
    .filter((each) => file.test(each) && !NOT_SOURCE.test(each))
    .map((each) => readFileSync(join(root, each), 'utf8'));
  return new Set(texts.flatMap((text) => text.match(pattern) ?? []));
}
