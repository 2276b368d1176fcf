import { join } from 'node:path';
import type { Document, Finding } from '../text/document.ts';
import { commandsOf } from '../text/shell.ts';
import type { Tree } from '../../repository-tree.ts';

const EXTENSION = /\.(ts|js|cjs|mjs|sql|md|json|jsonl|ya?ml|py|sh|txt|svg|png|sha256)$/;
/** A part that stands for something else: `<recording>`, `…`, `$FILE`, `NNNN_name`. */
const PLACEHOLDER = /[<>…$]|NNNN/;
/** What a path of the repository has no characters of. */
const OTHER_CHARACTERS = /[\s(){}:=|"'`,;!?@#]/;

/** Paths of the repository, in code spans, in the words of commands, and anywhere in a block of code. */
export function checkPaths(document: Document, tree: Tree): Finding[] {
  const { file, folder, codeSpans, codeBlocks } = document;
  const topFolders = [...tree.folders].filter((each) => !each.includes('/'));
  const inBlock = new RegExp(
    String.raw`(?<![\w./$-])(?:${topFolders.map(escaped).join('|')})/[\w./*-]*[\w/*]`,
    'g',
  );
  const named = [
    ...codeSpans.map(({ text, line }) => ({ text, line })),
    ...commandsOf(document).flatMap(({ words, line }) => words.slice(1).map((text) => ({ text, line }))),
    ...codeBlocks.flatMap(({ lines }) =>
      lines.flatMap(({ text, line }) => (text.match(inBlock) ?? []).map((path) => ({ text: path, line }))),
    ),
  ];
  const missing = named.filter(({ text }) => isPath(text, tree) && !exists(text, folder, tree));
  const distinct = new Map(missing.map((each) => [`${each.line} ${each.text}`, each]));
  return [...distinct.values()].map(({ text, line }) => ({
    file,
    line,
    named: text,
    fix: 'the repository has no such file or folder. Correct the path.',
  }));
}

/** Whether a text is meant as a path: it begins with a folder of the root or of `src`, or ends like the name of a file. */
function isPath(named: string, tree: Tree): boolean {
  const text = named.replaceAll(/<[^>]*>/g, '…');
  if (/^\.\w+$/.test(text)) return false; // only an ending, such as `.sql`
  if (OTHER_CHARACTERS.test(text) || /^[/~-]|^\.(data|venv)\b/.test(text)) return false;
  const [first = '', second] = withoutDot(text).split('/');
  if (second === undefined) return EXTENSION.test(text);
  if (second === '') return true; // `migrations/`
  return (
    tree.folders.has(first) || tree.folders.has(`src/${first}`) || first === 'dist' || EXTENSION.test(text)
  );
}

function exists(text: string, folder: string, tree: Tree): boolean {
  const path = fixedPart(sourceOf(withoutDot(text)));
  if (path === '' || tree.has(path) || tree.has(join(folder, path))) return true;
  // A sentence may leave out the folders that it has named before, but not those between the root and the file.
  return !tree.folders.has(path.split('/')[0] ?? '') && tree.hasEnding(path);
}

/** The part of a path before the first segment with a placeholder. */
function fixedPart(path: string): string {
  const segments = path.split('/').filter((segment) => segment !== '');
  const end = segments.findIndex((segment) => PLACEHOLDER.test(segment));
  return segments.slice(0, end < 0 ? undefined : end).join('/');
}

/** A compiled file stands for its source. */
const sourceOf = (path: string): string =>
  path.startsWith('dist/') ? path.slice('dist/'.length).replace(/\.js$/, '.ts') : path;

const withoutDot = (path: string): string => path.replace(/^\.\//, '');

const escaped = (text: string): string => text.replaceAll('.', String.raw`\.`);
