import { Problem } from '../../contracts/errors.ts';
import { parseJsonDocument } from '../../validation/json-document.ts';
import { utf8Text } from '../../validation/utf8.ts';
import { requireUtf8Headers } from '../../validation/body-headers.ts';
import type { Api } from '../lib/types.ts';

/** Accepts JSON in UTF-8 only. An empty body counts as none; the schema says whether there must be one. */
export function addJsonBody(app: Api): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, ({ headers }, body, done) => {
    try {
      requireUtf8Headers(headers);
      done(null, body.length === 0 ? undefined : parseJsonDocument(utf8Text(body)));
    } catch (error) {
      done(error instanceof Error ? error : new Problem('invalid_json', 'The body cannot be read.'));
    }
  });
}
