/**
 * Runs a command and prints which lines of `src` its processes have run: `tsx scripts/coverage.ts <command> [argument …]`. Exits as the
 * command does. It lists the lines that were not run in the folders where each of them is explained (docs/testing.md), and
 * writes pages about all of `src` to `coverage/index.html`.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { packageRoot } from '../src/platform/package-root.ts';
import { bundleWorkflows } from '../src/workers/workflow-bundle.ts';

/** What V8 writes for a process or thread. */
interface ThreadCoverage {
  readonly result: readonly ScriptCoverage[];
  readonly 'source-map-cache'?: Readonly<Record<string, unknown>>;
}
interface ScriptCoverage {
  readonly url: string;
  /** The first one is the script itself. */
  readonly functions: readonly { readonly ranges: readonly { readonly endOffset: number }[] }[];
}

/** What c8 writes: for each file the lines, as Istanbul's statements, and how often each was run. */
type Report = Readonly<
  Record<string, { statementMap: Record<string, { start: { line: number } }>; s: Record<string, number> }>
>;

const LISTED = ['src/workflows/', 'src/orders/', 'src/domain/'];

const root = packageRoot();
const folder = join(root, 'coverage');
const recorded = join(folder, 'recorded');
const report = join(folder, 'tmp');
const sources = [join(root, 'src'), join(root, 'dist/src')].map((path) => `${pathToFileURL(path).href}/`);
const bundle = { path: join(folder, 'workflow-bundle.js'), ...(await bundleWorkflows()) };

/** The name that Temporal's bundler has given the bundle, with a hash of its content. */
const bundleName = /"file":"(workflow-bundle-\w+\.js)"/.exec(sourceMapOf(bundle.code))?.[1];

const [command = '', ...args] = process.argv.slice(2);
rmSync(folder, { recursive: true, force: true });
for (const path of [recorded, report]) mkdirSync(path, { recursive: true });
const status = await run(command, args, { NODE_V8_COVERAGE: recorded });
writeFileSync(bundle.path, bundle.code);
for (const file of readdirSync(recorded)) {
  const coverage = coverageIn(join(recorded, file));
  if (coverage) writeFileSync(join(report, file), JSON.stringify(ofThisProject(coverage)));
}
await run('c8', ['report', ...filesOfTypes().map((file) => `--exclude=${file}`)]);
process.stdout.write(listOf(JSON.parse(readFileSync(join(folder, 'coverage-final.json'), 'utf8')) as Report));
process.exitCode = status;

/** Undefined if the file is incomplete: tests kill processes, also while they write it. */
function coverageIn(file: string): ThreadCoverage | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ThreadCoverage;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    process.stderr.write(`${relative(root, file)} is left out: it is incomplete\n`);
    return undefined;
  }
}

/** The files of `src` that declare only types: there is nothing to run, and c8 would count their lines as not run. */
function filesOfTypes(): string[] {
  return readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join('src', name))
    .filter((file) => {
      const { outputText } = ts.transpileModule(readFileSync(join(root, file), 'utf8'), {
        compilerOptions: { target: ts.ScriptTarget.ES2023, removeComments: true },
      });
      return /^\s*(export \{\};)?\s*$/.test(outputText);
    });
}

/** The files of the folders {@link LISTED} with lines that were not run. */
function listOf(files: Report): string {
  const rows: string[] = [];
  let lines = 0;
  let missed = 0;
  for (const [path, { statementMap, s }] of Object.entries(files)) {
    const file = relative(root, path);
    if (!LISTED.some((prefix) => file.startsWith(prefix))) continue;
    const notRun = Object.entries(statementMap).flatMap(([id, { start }]) =>
      s[id] === 0 ? [start.line] : [],
    );
    lines += Object.keys(statementMap).length;
    missed += notRun.length;
    if (notRun.length > 0) rows.push(`  ${file.padEnd(44)} ${ranges(notRun)}\n`);
  }
  const share = ((100 * (lines - missed)) / lines).toFixed(1);
  const title = `  ${share} % of the lines in ${LISTED.join(', ')} were run. Not run (docs/testing.md):\n`;
  return `\n${title}${rows.sort().join('')}\n`;
}

/** 3, 4, 5, 9 as `3-5, 9`. */
function ranges(numbers: readonly number[]): string {
  const runs: [first: number, last: number][] = [];
  for (const number of numbers) {
    const current = runs.at(-1);
    if (current?.[1] === number - 1) current[1] = number;
    else runs.push([number, number]);
  }
  return runs.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`)).join(', ');
}

/** Leaves packages and copies of the sources out, and names the file of the workflow bundle, which workers have in memory. */
function ofThisProject({ result, ...coverage }: ThreadCoverage): ThreadCoverage {
  const kept = result.flatMap((script) => {
    if (sources.some((url) => script.url.startsWith(url))) return [script];
    return isBundle(script) ? [{ ...script, url: pathToFileURL(bundle.path).href }] : [];
  });
  const maps = Object.entries(coverage['source-map-cache'] ?? {});
  return {
    result: kept,
    'source-map-cache': Object.fromEntries(maps.filter(([url]) => kept.some((script) => script.url === url))),
  };
}

/** Whether it is a bundle of the present workflows: tests make bundles of changed workflows too. */
function isBundle({ url, functions }: ScriptCoverage): boolean {
  const name = basename(url);
  const length = functions[0]?.ranges[0]?.endOffset;
  return name === bundleName || (name === 'workflow-bundle.js' && length === bundle.code.length);
}

function sourceMapOf(code: string): string {
  const marker = 'base64,';
  return Buffer.from(code.slice(code.lastIndexOf(marker) + marker.length), 'base64').toString();
}

/** Resolves with the exit status. */
function run(program: string, programArgs: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<number> {
  const child = spawn(program, programArgs, { cwd: root, env: { ...process.env, ...env }, stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      resolve(code ?? 1);
    });
  });
}
