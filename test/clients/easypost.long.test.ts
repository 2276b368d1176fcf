import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { pythonPackages } from '../support/python.ts';
import { easypostSecret, EasyPostListener } from '../support/sandbox/easypost.ts';
import { TestSandbox } from '../support/sandbox/sandbox.ts';

const pathOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

describe('the official client of EasyPost for Python', function () {
  this.timeout(180_000);
  const listener = new EasyPostListener();
  const sandbox = new TestSandbox();
  let packages: string;

  before(async () => {
    packages = await pythonPackages(pathOf('easypost-requirements.txt'), 'Python 3.10');
    await listener.listen();
    await sandbox.start({ easypostWebhookUrl: listener.url, easypostWebhookSecret: easypostSecret });
  });
  after(async () => {
    listener.close();
    await sandbox.remove();
  });

  /** Runs the program and returns what it has printed. */
  async function run(mode: 'ship' | 'validate', input = ''): Promise<Record<string, unknown>> {
    const output = await new Promise<string>((resolve, reject) => {
      const env = {
        PATH: process.env['PATH'],
        PYTHONPATH: packages,
        PYTHONDONTWRITEBYTECODE: '1',
        EASYPOST_API_BASE: `${sandbox.running.url}/v2`,
        EASYPOST_WEBHOOK_SECRET: easypostSecret,
      };
      const program = execFile(
        'python3',
        [pathOf('easypost_program.py'), mode],
        { env },
        (error, stdout, stderr) => {
          if (error === null) resolve(stdout);
          else reject(new Error(stderr, { cause: error }));
        },
      );
      program.stdin?.end(input);
    });
    return JSON.parse(output) as Record<string, unknown>;
  }

  it('verifies, rates, buys, tracks and refunds at the sandbox, and accepts its webhooks', async () => {
    const { trackerId, ...saw } = await run('ship');
    assert.deepEqual(saw, {
      verified: ['90277-1234', true],
      refused: ['ADDRESS.VERIFY.FAILURE', 'address'],
      bought: ['GroundAdvantage', '5.95', 'PostageLabel'],
      again: 'SHIPMENT.POSTAGE.EXISTS',
      found: true,
      tracker: true,
      sameTracker: true,
      refund: 'submitted',
      pages: [true, true],
    });
    assert(typeof trackerId === 'string');
    for (let step = 0; step < 4; step += 1) await sandbox.control('POST', `/parcels/${trackerId}/report`);
    await waitUntilPasses(() => {
      assert.equal(listener.descriptionsOf(trackerId).length, 5);
    });
    const webhooks = listener.received.filter(({ body }) => body.toString().includes(trackerId));
    const { valid, refused } = await run(
      'validate',
      webhooks
        .map(({ body, signature }) => `${JSON.stringify({ body: body.toString(), signature })}\n`)
        .join(''),
    );
    assert(Array.isArray(valid));
    assert.deepEqual(
      valid.map(String).sort(),
      [
        'tracker.created,unknown,',
        'tracker.updated,delivered,17',
        'tracker.updated,in_transit,17',
        'tracker.updated,out_for_delivery,17',
        'tracker.updated,pre_transit,',
      ].sort(),
    );
    assert.equal(refused, 5);
    assert.ok(webhooks.some(({ body }) => body.toString().includes('"weight":17.0')));
    assert.deepEqual(listener.invalid, []);
  });
});
