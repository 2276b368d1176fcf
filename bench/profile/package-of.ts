import type { CallFrame } from './cpu-profile.ts';

/**
 * The package that a function belongs to. The workflow bundle contains both the part of the SDK that runs inside a workflow and our
 * workflows; its URL does not tell which of the two a function belongs to.
 */
export function packageOf({ functionName, url }: CallFrame): string {
  if (functionName === '(garbage collector)') return 'garbage collection';
  if (functionName === '(program)') return 'native code of Node.js';
  if (/^(writev|writeBuffer|writeUtf8String|writeLatin1String)$/.test(functionName))
    return 'writing to sockets';
  if (functionName === 'runInContext') return 'entering the workflow sandbox (vm)';
  if (functionName === 'postMessage') return 'messages between threads';
  const [, dependency] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url) ?? [];
  if (dependency !== undefined) return dependency;
  if (/workflow-bundle|evalmachine/.test(url)) return 'workflow bundle (SDK and ours)';
  if (/\/(dist|src)\//.test(url)) return 'this checkout';
  return 'Node.js';
}

/** The name of a function with its file and line, by which it can be found. */
export function nameOf({ functionName, url, lineNumber }: CallFrame): string {
  const name = functionName === '' ? '(anonymous)' : functionName.slice(0, 60);
  if (url === '') return name;
  const file = url.replace(/^.*\/node_modules\//, '').replace(/^file:\/\/.*\/(dist|src)\//, '$1/');
  return `${name} ${file}:${lineNumber + 1}`;
}
