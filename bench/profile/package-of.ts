import type { CallFrame } from './cpu-profile.ts';

/**
 * Whose code a function is, as a reader of package.json would say. The workflows' bundle holds the SDK's part that
 * runs inside a workflow, and ours; by its address alone the two cannot be told apart.
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

/** A function as it can be found again: its name, and the file and line it is in. */
export function nameOf({ functionName, url, lineNumber }: CallFrame): string {
  const name = functionName === '' ? '(anonymous)' : functionName.slice(0, 60);
  if (url === '') return name;
  const file = url.replace(/^.*\/node_modules\//, '').replace(/^file:\/\/.*\/(dist|src)\//, '$1/');
  return `${name} ${file}:${lineNumber + 1}`;
}
