import assert from 'node:assert/strict';
import { createSupervisor, type Part } from '../../dev/supervisor.ts';
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

  /** A part that dies when told to. */
  function mortal(name: string, journal: string[] = []): Part & { starts: number; die: () => void } {
    const part = {
      name,
      starts: 0,
      die: (): void => undefined,
      start: () => {
        part.starts++;
        journal.push(`start ${name}`);
        let end: (how: string) => void;
        const exited = new Promise<string>((resolve) => (end = resolve));
        part.die = () => {
          end('exit status 1');
        };
        return Promise.resolve({
          pid: part.starts,
          exited,
          stop: () => {
            journal.push(`stop ${name}`);
            end('exit status 0');
            return Promise.resolve();
          },
        });
      },
    };
    return part;
  }

  it('starts a part anew that dies, waits longer each time, and says so in a line', async () => {
    const supervisor = createSupervisor({ logger, firstDelayMs: 5, longestDelayMs: 15 });
    const part = mortal('clock');
    await supervisor.start(part);
    for (const starts of [2, 3, 4]) {
      part.die();
      await waitFor('it runs again', () => part.starts === starts && supervisor.running().length === 1);
    }
    assert.deepEqual(
      lines.filter((line) => line.includes('down')),
      [5, 10, 15].map((ms) => `clock is down (exit status 1): starting it again in ${ms} ms`),
    );
    await supervisor.stop();
  });

  it('begins anew with the short delay after a part has run well', async () => {
    const supervisor = createSupervisor({ logger, firstDelayMs: 5, longestDelayMs: 1000, wellMs: 0 });
    const part = mortal('clock');
    await supervisor.start(part);
    for (const starts of [2, 3]) {
      part.die();
      await waitFor('it runs again', () => part.starts === starts && supervisor.running().length === 1);
    }
    assert.ok(lines.filter((line) => line.includes('down')).every((line) => line.endsWith('in 5 ms')));
    await supervisor.stop();
  });

  it('goes on trying when a new start fails', async () => {
    const supervisor = createSupervisor({ logger, firstDelayMs: 1 });
    const part = mortal('clock');
    const start = part.start.bind(part);
    await supervisor.start({
      name: 'clock',
      start: () =>
        part.starts === 1 && part.starts++ > 0 ? Promise.reject(new Error('its port is taken')) : start(),
    });
    part.die();
    await waitFor('it runs again', () => part.starts === 3);
    assert.ok(lines.includes('clock: its port is taken'));
    await supervisor.stop();
  });

  it('stops the parts in the reverse order, and starts none of them again', async () => {
    const journal: string[] = [];
    const supervisor = createSupervisor({ logger, firstDelayMs: 1 });
    for (const name of ['one', 'two', 'three']) await supervisor.start(mortal(name, journal));
    await supervisor.stop();
    assert.deepEqual(journal.slice(3), ['stop three', 'stop two', 'stop one']);
    assert.deepEqual(lines, []);
    await assert.rejects(supervisor.start(mortal('four')), /shutting down/);
  });
});
