import type ts from 'typescript';
import type { Edit } from './edits.ts';
import type { ScenarioName } from './scenarios/index.ts';

/** A defect that well-known checkouts or order systems have had, made on purpose in a copy of the product. */
export interface Mutation {
  readonly name: string;
  readonly changes: readonly Change[];
  /** The scenario that has to find it. */
  readonly scenario: ScenarioName;
}

export type Change = SourceChange | FunctionChange | DroppedCheck;

/**
 * A change of a source, anchored by structure: by a name that its file declares at the top level or calls, and by queries on the
 * syntax tree. A renamed variable or a moved file does not break it. When the structure has changed, the query fails.
 */
export type SourceChange = EditOfFile & ({ readonly declares: string } | { readonly calls: string });

interface EditOfFile {
  /** The folder within `src`, when more than one file has the name. */
  readonly folder?: string;
  readonly edit: (file: ts.SourceFile) => Edit | readonly Edit[];
}

/** A change of an SQL function, by a pattern that must match its definition exactly once. */
export interface FunctionChange {
  readonly function: string;
  readonly find: RegExp;
  /** The text in place of the match; `groups` are the captured groups, from 0. */
  readonly put: (match: string, ...groups: string[]) => string;
}

/** The check constraints of a table that concern a column are dropped: they would hide the defect. */
export interface DroppedCheck {
  readonly table: string;
  readonly column: string;
}

export const isSourceChange = (change: Change): change is SourceChange => 'edit' in change;
export const isFunctionChange = (change: Change): change is FunctionChange => 'function' in change;
