import { join } from 'node:path';
import type { Document, Finding } from '../text/document.ts';
import type { Tree } from '../../repository-tree.ts';

/** Links within the repository: the file exists, and so does the heading that the part after `#` names. */
export function checkLinks(
  { file, folder, links, anchors }: Document,
  tree: Tree,
  documents: Documents,
): Finding[] {
  return links
    .filter(({ target }) => !/^[a-z]+:/.test(target))
    .flatMap(({ target, line }) => {
      const [path = '', anchor] = target.split('#');
      const linked = path === '' ? file : join(folder, decodeURIComponent(path)).replace(/\/$/, '');
      const report = (fix: string): Finding[] => [{ file, line, named: target, fix }];
      if (path !== '' && !tree.has(linked)) return report(`${linked} does not exist. Correct the link.`);
      const known = path === '' ? anchors : documents.get(linked)?.anchors;
      if (anchor === undefined || known === undefined || known.includes(anchor)) return [];
      return report(`${linked} has no heading with the anchor #${anchor}. Its anchors: ${known.join(', ')}.`);
    });
}

type Documents = ReadonlyMap<string, Document>;
