import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packageRoot } from '../../../../src/platform/package-root.ts';
import { parseMarkdown, type Markdown } from './markdown.ts';

/** A Markdown file of the repository. */
export interface Document extends Markdown {
  /** Its path from the root of the repository. */
  readonly file: string;
  readonly folder: string;
}

/** A document names something that does not exist. */
export interface Finding {
  readonly file: string;
  readonly line: number;
  /** What the document names, as it stands there. */
  readonly named: string;
  /** What is wrong with it, and what to do. */
  readonly fix: string;
}

export function readDocument(file: string): Document {
  return toDocument(file, readFileSync(join(packageRoot(), file), 'utf8'));
}

/** A document with this text, which tests use to show what a check reports. */
export function toDocument(file: string, text: string): Document {
  return { file, folder: dirname(file), ...parseMarkdown(text) };
}

export const print = ({ file, line, named, fix }: Finding): string => `${file}:${line}: ${named}: ${fix}`;
