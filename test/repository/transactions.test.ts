import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { packageRoot } from '../../src/platform/package-root.ts';
import { repositoryTree } from '../support/repository-tree.ts';

/** The only file that begins transactions. */
const TRANSACTIONS = 'src/adapters/postgres/transaction.ts';
/**
 * Files that keep a connection of a pool for more than one statement. The audit needs other settings, and each of its statements is a
 * transaction of its own.
 */
const KEEPS_A_CONNECTION = ['src/adapters/postgres/audit/session.ts'];
/** What a file must not do by hand. */
const BEGINS =
  /^\s*(begin|start\s+transaction|savepoint)\b(\s+(work|transaction|isolation|read)\b.*)?\s*;?\s*$/is;

const root = packageRoot();
const files = repositoryTree(root).files.filter((file) => /^(src|bin)\/.*\.ts$/.test(file));
const textOf = (file: string): string => readFileSync(join(root, file), 'utf8');

describe('transactions', () => {
  it('are begun in one place', () => {
    const found = files.filter((file) => file !== TRANSACTIONS).flatMap((file) => begins(file, textOf(file)));
    assert.deepEqual(found, []);
    assert.ok(begins(TRANSACTIONS, textOf(TRANSACTIONS)).length > 0, 'the rule finds the place');
  });

  it('wait for nothing but the database', () => {
    assert.deepEqual(
      files.flatMap((file) => waitsOutside(file, textOf(file))),
      [],
    );
  });

  it('cannot be held by a connection that is taken from a pool', () => {
    const found = files.filter((file) => /\bpool\.connect\(/i.test(textOf(file)));
    assert.deepEqual(found, KEEPS_A_CONNECTION);
  });

  describe('are found out', () => {
    const inside = (body: string): string[] =>
      waitsOutside('sample.ts', `await inTransaction(client, async (tx) => { ${body} });`);

    for (const body of [
      'await publish(letter);',
      'await tx.query("select 1"); await broker.publish([1]);',
      'for await (const page of provider.pages()) await tx.query("select 1", [page]);',
      'for (const letter of letters) { await delay(5); }',
      'const [one] = await Promise.all([tx.query("select 1"), fetch(url)]);',
      'return fetch(url);',
      'const answer = fetch(url); await answer;',
    ])
      it(`where they wait for something else: ${body}`, () => {
        assert.notDeepEqual(inside(body), []);
      });

    it('where they pass the work to a function that is not shown', () => {
      assert.notDeepEqual(waitsOutside('sample.ts', 'await inTransaction(client, publishAll);'), []);
    });

    it('where they are begun by hand', () => {
      for (const text of [
        'begin',
        'BEGIN;',
        'begin isolation level serializable',
        'start transaction read only',
      ])
        assert.notDeepEqual(begins('sample.ts', `await client.query('${text}');`), [], text);
    });

    it('and not where they call the database', () => {
      assert.deepEqual(
        inside(
          'const x = names.map(String); await tx.query("select 1", x); await apply(tx, files); return load(tx);',
        ),
        [],
      );
    });
  });
});

function begins(file: string, text: string): string[] {
  if (!/begin|transaction|savepoint/i.test(text)) return [];
  const found: string[] = [];
  visit(parse(file, text), (node, at) => {
    if (ts.isStringLiteralLike(node) && BEGINS.test(node.text) && isArgumentOfQuery(node))
      found.push(`${at()}: ${node.text.trim()}`);
  });
  return found;
}

const isArgumentOfQuery = (node: ts.Node): boolean =>
  ts.isCallExpression(node.parent) &&
  ts.isPropertyAccessExpression(node.parent.expression) &&
  node.parent.expression.name.text === 'query';

/** What the transactions of a file wait for without giving it their client. */
function waitsOutside(file: string, text: string): string[] {
  if (!text.includes('inTransaction(')) return [];
  const found: string[] = [];
  visit(parse(file, text), (node, at) => {
    if (!ts.isCallExpression(node) || node.expression.getText() !== 'inTransaction') return;
    const run = node.arguments[1];
    const client =
      run && (ts.isArrowFunction(run) || ts.isFunctionExpression(run)) ? run.parameters[0] : undefined;
    if (!run || !client) {
      found.push(`${at()}: the statements are not in the call`);
      return;
    }
    const name = client.name.getText();
    const check = (waited: ts.Node): void => {
      if (!isGivenClient(waited, name)) found.push(`${at()}: ${waited.getText()}`);
    };
    visit(run, (inner) => {
      if (ts.isAwaitExpression(inner)) check(inner.expression);
      else if (ts.isReturnStatement(inner) && inner.expression && ts.isCallExpression(inner.expression))
        check(inner.expression);
      else if (ts.isForOfStatement(inner) && inner.awaitModifier) check(inner.expression);
    });
    if (ts.isArrowFunction(run) && !ts.isBlock(run.body)) check(run.body);
  });
  return found;
}

/** A call of a method of the client, or of a function that has it as an argument. */
function isGivenClient(waited: ts.Node, client: string): boolean {
  const call = ts.isAwaitExpression(waited) ? waited.expression : waited;
  if (!ts.isCallExpression(call)) return false;
  const { expression } = call;
  return (
    (ts.isPropertyAccessExpression(expression) && expression.expression.getText() === client) ||
    call.arguments.some((argument) => argument.getText() === client)
  );
}

const parse = (file: string, text: string): ts.SourceFile =>
  ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);

function visit(node: ts.Node, see: (node: ts.Node, at: () => string) => void): void {
  see(node, () => {
    const source = node.getSourceFile();
    return `${source.fileName}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
  });
  ts.forEachChild(node, (child) => {
    visit(child, see);
  });
}
