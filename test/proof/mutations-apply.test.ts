import assert from 'node:assert/strict';
import ts from 'typescript';
import { MUTATIONS } from '../../proof/mutations/catalogue/index.ts';
import { isFunctionChange, isSourceChange } from '../../proof/mutations/mutation.ts';
import { changedSources, readSources } from '../../proof/mutations/product-sources.ts';
import { changedFunction, readFunctions } from '../../proof/mutations/sql-functions.ts';

describe('a mutation of the proof', () => {
  const sources = readSources();
  const functions = readFunctions();

  for (const { name, changes } of MUTATIONS) {
    it(`applies to the present product: ${name}`, () => {
      const changed = changedSources(sources, changes.filter(isSourceChange));
      for (const [file, text] of changed) assert.deepEqual(syntaxErrors(text), [], `${file} does not parse`);
      for (const change of changes.filter(isFunctionChange)) {
        const definition = functions.get(change.function);
        assert.ok(definition, `there is no function ${change.function}`);
        assert.notEqual(changedFunction(definition, change), definition);
      }
    });
  }

  it('has a name of its own', () => {
    const names = MUTATIONS.map(({ name }) => name);
    assert.deepEqual(names, [...new Set(names)]);
  });
});

function syntaxErrors(text: string): string[] {
  const { diagnostics = [] } = ts.transpileModule(text, { reportDiagnostics: true });
  return diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}
