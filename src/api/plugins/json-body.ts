import { Problem } from '../../contracts/errors.ts';
import { parseJsonDocument } from '../../validation/json-document.ts';
import type { Api } from '../lib/types.ts';

/** Accepts JSON only. An empty body counts as none; the schema says whether there must be one. */
export function addJsonBody(app: Api): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (_request, text, done) => {
    try {
      done(null, text === '' ? undefined : parseJsonDocument(text));
    } catch (error) {
      done(error instanceof Error ? error : new Problem('invalid_json', 'The body cannot be read.'));
    }
  });
}
