import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createProgram, defineCommand } from '../../../src/cli/program.ts';
import { packageRoot } from '../../../src/platform/package-root.ts';
import { buildDescribedApp } from '../api/described-app.ts';
import { checkCli } from './checks/cli.ts';
import { checkEnvironment } from './checks/environment.ts';
import { checkIdentifiers } from './checks/identifiers.ts';
import { checkLinks } from './checks/links.ts';
import { checkNpm, type Package } from './checks/npm.ts';
import { checkPaths } from './checks/paths.ts';
import { checkRoutes } from './checks/routes.ts';
import { checkSql, type Schema } from './checks/sql.ts';
import { checkTemporal } from './checks/temporal.ts';
import { readDocument, type Document, type Finding } from './text/document.ts';
import { apiRoutes, sandboxRoutes } from './facts/routes.ts';
import { readSchema } from './facts/schema.ts';
import { describedMetrics } from '../described-metrics.ts';
import { optionsInSources, sourceWords } from './facts/source-words.ts';
import { stripeEventTypes } from './facts/stripe-events.ts';
import { readTemporalNames } from './facts/temporal-names.ts';
import { readVariables } from './facts/variables.ts';
import { repositoryTree, type Tree } from '../repository-tree.ts';

/** Every document of the repository, and what the checks compare documents with. */
export interface Checker {
  readonly documents: readonly Document[];
  readonly tree: Tree;
  readonly schema: Schema;
  /** What a document names that does not exist. */
  check(document: Document): Finding[];
}

/** The changelog names things as they were at each release: only its links are checked. */
const ONLY_LINKS = new Set(['CHANGELOG.md']);

/** The documents of packages in `vendor` are part of those packages. */
const PUBLISHED_ELSEWHERE = /^vendor\/[^/]+\//;

/** Starts no server: the API and the command line are built, and not run. */
export async function openChecker(): Promise<Checker> {
  const root = packageRoot();
  const tree = repositoryTree(root);
  const documents = tree.files
    .filter((file) => file.endsWith('.md') && !PUBLISHED_ELSEWHERE.test(file))
    .map(readDocument);
  const byFile = new Map(documents.map((document) => [document.file, document]));
  const npm = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Package;
  const { stdout, stderr } = process;
  const terminal = { stdout, stderr, env: {}, interrupted: () => new AbortController().signal };
  const program = createProgram(terminal);
  for (const command of program.commands) await defineCommand(command, terminal);
  const app = await buildDescribedApp();
  const servers = [await sandboxRoutes(), await apiRoutes(app)];
  await app.close();
  const variables = readVariables(root, tree);
  const schema = readSchema(root);
  const names = readTemporalNames(root, tree);
  const stripeWords = stripeEventTypes().flatMap((type) => type.split('.'));
  // A test compares their table with what a process exposes.
  const metricNames = describedMetrics().map(({ name }) => name);
  const words = new Set([...sourceWords(root, tree), ...stripeWords, ...metricNames]);
  const otherOptions = optionsInSources(root, tree);
  return {
    documents,
    tree,
    schema,
    check(document) {
      const links = checkLinks(document, tree, byFile);
      if (ONLY_LINKS.has(document.file)) return links;
      return [
        ...links,
        ...checkPaths(document, tree),
        ...checkNpm(document, npm),
        ...checkCli(document, program, otherOptions),
        ...checkEnvironment(document, variables, words),
        ...checkRoutes(document, servers),
        ...checkSql(document, schema),
        ...checkTemporal(document, names),
        ...checkIdentifiers(document, words),
      ];
    },
  };
}
