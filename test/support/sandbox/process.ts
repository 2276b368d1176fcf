import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { SandboxReady } from '../../../sandbox/main.ts';

const main = fileURLToPath(new URL('../../../sandbox/main.ts', import.meta.url));

/** Starts the sandbox as a process of its own. */
export function spawnSandbox(env: Record<string, string>): ChildProcess {
  return spawn(process.execPath, ['--import=tsx', main], {
    env: { PATH: process.env['PATH'], LOG_LEVEL: 'warn', SANDBOX_PORT: '0', SMTP_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
}

/** Resolves with the message that the process sends when it is ready. */
export async function readyMessage(child: ChildProcess): Promise<SandboxReady> {
  const [message] = (await once(child, 'message', { signal: AbortSignal.timeout(20_000) })) as [SandboxReady];
  assert.equal(message.type, 'ready');
  return message;
}

/** Resolves with the exit code and the output on stderr. */
export async function ended(child: ChildProcess): Promise<{ code: number | null; stderr: string }> {
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const [code] = (await once(child, 'close', { signal: AbortSignal.timeout(20_000) })) as [number | null];
  return { code, stderr };
}
