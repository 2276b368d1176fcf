import assert from 'node:assert/strict';
import type { Part } from '../../dev/processes/part.ts';
import { createSupervisor } from '../../dev/supervisor.ts';
import { createLogger } from '../../src/platform/logging.ts';
import { waitFor } from '../../harness/wait-for.ts';

describe('the supervisor', () => {
  const lines: string[] = [];
  const logger = createLogger({
    level: 'info',
    destination: { write: (line) => void lines.push((JSON.parse(line) as { msg: string }).msg) },
  });
  beforeEach(() => {
    lines.length = 0;
  });

  /** A part that ends at `die()`, and that appends its starts and stops to `calls`. */
  function testPart(name: string, calls: string[] = []): Part & { starts: number; die: () => void } {
    const part = {
      name,
      starts: 0,
      die: (): void => undefined,
      start: () => {
        part.starts++;
        calls.push(`start ${name}`);
        let end: (how: string) => void;
        const exited = new Promise<string>((resolve) => (end = resolve));
        part.die = () => {
          end('exit status 1');
        };
        return Promise.resolve({
          pid: part.starts,
          exited,
          stop: () => {
            calls.push(`stop ${name}`);
            end('exit status 0');
            return Promise.resolve();
          },
        });
      },
    };
    return part;
  }

  it('restarts a part that dies, with a longer delay each time, and logs it', async () => {
    const supervisor = createSupervisor({ logger, initialDelayMs: 5, maxDelayMs: 15 });
    const part = testPart('clock');
    await supervisor.start(part);
    for (const starts of [2, 3, 4]) {
      part.die();
      await waitFor('it runs again', () => part.starts === starts && supervisor.running().length === 1);
    }
    assert.deepEqual(
      lines.filter((line) => line.includes('down')),
      [5, 10, 15].map((ms) => `clock is down (exit status 1); supervisor restarts it in ${ms} ms`),
    );
    await supervisor.stop();
  });

  it('uses the short delay again after a part was stable', async () => {
    const supervisor = createSupervisor({ logger, initialDelayMs: 5, maxDelayMs: 1000, stableAfterMs: 0 });
    const part = testPart('clock');
    await supervisor.start(part);
    for (const starts of [2, 3]) {
      part.die();
      await waitFor('it runs again', () => part.starts === starts && supervisor.running().length === 1);
    }
    assert.ok(lines.filter((line) => line.includes('down')).every((line) => line.endsWith('in 5 ms')));
    await supervisor.stop();
  });

  it('tries again if a restart fails', async () => {
    const supervisor = createSupervisor({ logger, initialDelayMs: 1 });
    const part = testPart('clock');
    const start = part.start.bind(part);
    await supervisor.start({
      name: 'clock',
      start: () =>
        part.starts === 1 && part.starts++ > 0
          ? Promise.reject(new Error('its port is used by another process'))
          : start(),
    });
    part.die();
    await waitFor('it runs again', () => part.starts === 3);
    assert.ok(lines.includes('clock did not restart: its port is used by another process'));
    await supervisor.stop();
  });

  it('replaces a part: stops its process, and starts another one at once', async () => {
    const calls: string[] = [];
    const supervisor = createSupervisor({ logger, initialDelayMs: 60_000 });
    await supervisor.start(testPart('clock', calls));
    await supervisor.replace('clock', testPart('new clock', calls).start);
    assert.deepEqual(calls, ['start clock', 'stop clock', 'start new clock']);
    assert.deepEqual(lines, []);
    assert.equal(supervisor.running().length, 1);
    await supervisor.stop();
  });

  it('replaces a part that is down without waiting for its restart', async () => {
    const supervisor = createSupervisor({ logger, initialDelayMs: 60_000 });
    const part = testPart('clock');
    await supervisor.start(part);
    part.die();
    await waitFor('it is down', () => lines.length === 1);
    await supervisor.replace('clock', testPart('new clock').start);
    assert.equal(supervisor.running().length, 1);
    await supervisor.stop();
  });

  it('restarts a part whose new process does not start', async () => {
    const calls: string[] = [];
    const supervisor = createSupervisor({ logger, initialDelayMs: 1 });
    const part = testPart('clock', calls);
    await supervisor.start(part);
    await assert.rejects(
      supervisor.replace('clock', () => Promise.reject(new Error('exit status 1'))),
      /exit status 1/,
    );
    await waitFor('it runs again', () => supervisor.running().length === 1);
    assert.deepEqual(calls, ['start clock', 'stop clock', 'start clock']);
    assert.ok(lines.includes('clock did not restart: exit status 1'));
    await supervisor.stop();
  });

  it('says that a part was not replaced because its process does not stop', async () => {
    const supervisor = createSupervisor({ logger });
    const part = testPart('clock');
    await supervisor.start({
      name: 'clock',
      start: async () => ({
        ...(await part.start()),
        stop: () => Promise.reject(new Error('it does not stop')),
      }),
    });
    await assert.rejects(supervisor.replace('clock', testPart('new clock').start), /it does not stop/);
  });

  it('stops the parts in reverse order, and restarts none of them', async () => {
    const calls: string[] = [];
    const supervisor = createSupervisor({ logger, initialDelayMs: 1 });
    for (const name of ['one', 'two', 'three']) await supervisor.start(testPart(name, calls));
    await supervisor.stop();
    assert.deepEqual(calls.slice(3), ['stop three', 'stop two', 'stop one']);
    assert.deepEqual(lines, []);
    await assert.rejects(supervisor.start(testPart('four')), /supervisor is stopping/);
  });
});
