import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { SandboxReady } from '../../../sandbox/main.ts';

const main = fileURLToPath(new URL('../../../sandbox/main.ts', import.meta.url));

/** The sandbox as the process it is in production use. */
export function spawnSandbox(env: Record<string, string>): ChildProcess {
  return spawn(process.execPath, ['--import=tsx', main], {
    env: { PATH: process.env['PATH'], LOG_LEVEL: 'warn', SANDBOX_PORT: '0', SMTP_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
}

export async function readyMessage(child: ChildProcess): Promise<SandboxReady> {
  const [message] = (await once(child, 'message', { signal: AbortSignal.timeout(20_000) })) as [SandboxReady];
  assert.equal(message.type, 'ready');
  return message;
}

/** The exit code and what was written to stderr. */
export async function ended(child: ChildProcess): Promise<{ code: number | null; stderr: string }> {
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const [code] = (await once(child, 'close', { signal: AbortSignal.timeout(20_000) })) as [number | null];
  return { code, stderr };
}
