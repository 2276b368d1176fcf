import type { Document, Finding } from '../text/document.ts';
import { commandsOf, type ShellCommand } from '../text/shell.ts';

/** One server's routes. */
export interface Routes {
  /** For the report: `the API`. */
  readonly server: string;
  /** Begins the URLs of the server in the documents. */
  readonly origins: readonly string[];
  /** Whether a path belongs to this server. */
  owns(path: string): boolean;
  /** The methods of a path, without its query; none if there is no such path. */
  methodsOf(path: string): readonly string[];
  /** The parameters that the query of a request may have; undefined where they are not described. */
  queryOf(method: string, path: string): readonly string[] | undefined;
}

interface Request {
  readonly method: string | undefined;
  /** With its query. */
  readonly url: string;
  readonly line: number;
  readonly named: string;
}

const REQUEST = /^(?:(GET|POST|PUT|PATCH|DELETE|HEAD) )?(\/(?!<)[^\s]*)$/;

/** HTTP routes, in code spans (`POST /v1/orders`, `/docs`) and in calls of curl: path, method and query exist. */
export function checkRoutes(document: Document, servers: readonly Routes[]): Finding[] {
  const { file } = document;
  return [...spansOf(document), ...curlsOf(document, servers)].flatMap(
    ({ method, url, line, named }): Finding[] => {
      const report = (fix: string): Finding[] => [{ file, line, named, fix }];
      const [path = '', query] = url.split('?', 2);
      const server = servers.find((each) => each.owns(path));
      if (!server) return report('no server here has this path. Correct it.');
      const methods = server.methodsOf(path);
      if (methods.length === 0) return report(`${server.server} has no route ${path}. Correct the path.`);
      if (method !== undefined && !methods.includes(method))
        return report(`${server.server} answers ${path} to ${methods.join(', ')} only.`);
      const known = server.queryOf(method ?? methods[0] ?? '', path);
      const unknown = [...new URLSearchParams(query).keys()].find((name) => known?.includes(name) === false);
      return unknown === undefined ? [] : report(`the query of ${path} has no parameter ${unknown}.`);
    },
  );
}

const spansOf = ({ codeSpans }: Document): Request[] =>
  codeSpans.flatMap(({ text, line }) => {
    const [, method, url] = REQUEST.exec(text) ?? [];
    return url === undefined ? [] : [{ method, url, line, named: text }];
  });

/** The calls of curl to a server of ours. Variables that the shell has set before are replaced by their values. */
function curlsOf(document: Document, servers: readonly Routes[]): Request[] {
  const origins = servers.flatMap((server) => server.origins);
  const values = new Map<string, string>();
  return commandsOf(document).flatMap(({ words, assignments, line }) => {
    for (const [name, value] of Object.entries(assignments)) values.set(name, value);
    if (words[0] !== 'curl') return [];
    const expanded = words.map((word) =>
      word.replaceAll(/\$\{?(\w+)\}?/g, (text, name: string) => values.get(name) ?? text),
    );
    return expanded.flatMap((word) => {
      const origin = origins.find((each) => word.startsWith(`${each}/`));
      if (origin === undefined) return [];
      const url = word.slice(origin.length);
      const method = methodOf(expanded);
      return [{ method, url, line, named: `curl: ${method} ${url}` }];
    });
  });
}

/** The method of a call of curl: `-X`, or POST where it sends a body. */
function methodOf(words: ShellCommand['words']): string {
  const given = words.findIndex((word) => word === '-X' || word === '--request');
  if (given >= 0) return words[given + 1] ?? '';
  return words.some((word) => /^(-d|--data(-\w+)?|--json)$/.test(word)) ? 'POST' : 'GET';
}
