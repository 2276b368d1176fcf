import assert from 'node:assert/strict';
import { cpSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../../harness/servers/test-servers.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { clientTools, runTool } from '../support/clients/tools.ts';
import { pythonPackages } from '../support/python.ts';
import { startSystem, type System } from '../support/system.ts';

const pathOf = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** What both programs of examples/clients print. Each has placed one order, of its own customer. */
const PRINTED = [
  /^placed ord_\w{32}: paid, 2400 EUR$/,
  /^refunded 500: succeeded$/,
  /^listed ord_\w{32}: paid, 500 refunded$/,
  /^refused 404: order_not_found$/,
];

describe('clients that are generated from the description of the API', function () {
  this.timeout(240_000);
  let system: System;
  let description: string;
  let env: NodeJS.ProcessEnv;

  before(async () => {
    system = await startSystem();
    const { urls, apiKey } = system.state();
    const url = urls['api'] ?? '';
    description = join(temporaryFolder(), 'openapi.json');
    // An API that has just started on a busy machine may answer 503 for a moment.
    await waitUntilPasses(async () => {
      const answer = await fetch(`${url}/openapi.json`);
      const text = await answer.text();
      assert.equal(answer.status, 200, text);
      writeFileSync(description, JSON.stringify(JSON.parse(text), null, 2));
    });
    env = { PATH: process.env['PATH'], CHECKOUT_URL: url, CHECKOUT_API_KEY: apiKey };
  });
  after(() => system.stop());

  it('have a description without an error or a warning of Redocly', async () => {
    const tools = await clientTools();
    await tools.run(
      'redocly',
      ['lint', description, '--config', pathOf('test/clients/redocly.yaml'), '--max-problems', '1000'],
      temporaryFolder(),
    );
  });

  it('in TypeScript, place, refund and list an order', async () => {
    const tools = await clientTools();
    const folder = temporaryFolder();
    cpSync(pathOf('examples/clients'), folder, { recursive: true });
    cpSync(join(tools.folder, 'package.json'), join(folder, 'package.json'));
    symlinkSync(join(tools.folder, 'node_modules'), join(folder, 'node_modules'));
    await tools.run('openapi-typescript', [description, '--output', 'checkout.d.ts'], folder);
    await tools.run('tsc', ['--project', '.'], folder);
    assertPrinted(await runTool(process.execPath, ['dist/order.js'], { cwd: folder, env }));

    const types = readFileSync(join(folder, 'checkout.d.ts'), 'utf8');
    const orders = typesOf(types, /"application\/json": (components\["schemas"\]\["Order\w*"\])/g);
    assert.deepEqual(orders, [
      'components["schemas"]["Order"]',
      'components["schemas"]["OrderCount"]',
      'components["schemas"]["OrderEventList"]',
      'components["schemas"]["OrderList"]',
      'components["schemas"]["OrderRequest"]',
      'components["schemas"]["OrderRuns"]',
      'components["schemas"]["OrderSearch"]',
    ]);
    report(`openapi-typescript wrote 1 file of ${lines(types)} lines; an order is ${orders[0]}`);
  });

  it('in Python, place, refund and list an order', async () => {
    const packages = await pythonPackages(pathOf('test/clients/requirements.txt'), 'Python 3.11');
    const folder = temporaryFolder();
    const client = join(folder, 'durable_checkout_client');
    const python = {
      cwd: folder,
      env: { ...env, PYTHONPATH: packages, PATH: `${join(packages, 'bin')}:${env['PATH']}` },
    };
    const config = pathOf('examples/clients/openapi-python-client.yaml');
    const input = ['--path', description, '--config', config];
    const generate = ['generate', ...input, '--meta', 'none', '--output-path', client];
    await runTool('python3', ['-m', 'openapi_python_client', ...generate, '--fail-on-warning'], python);
    cpSync(pathOf('examples/clients/order.py'), join(folder, 'order.py'));
    assertPrinted(await runTool('python3', ['order.py'], python));

    const files = readdirSync(client, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.py'),
    );
    const models = files.filter((name) => /^models\/order(_\w+)?\.py$/.test(name)).sort();
    assert.deepEqual(models, [
      'models/order.py',
      'models/order_count.py',
      'models/order_customer.py',
      'models/order_event.py',
      'models/order_event_data.py',
      'models/order_event_list.py',
      'models/order_filter.py',
      'models/order_line.py',
      'models/order_line_request.py',
      'models/order_list.py',
      'models/order_request.py',
      'models/order_run.py',
      'models/order_runs.py',
      'models/order_search.py',
      'models/order_sort.py',
      'models/order_status.py',
    ]);
    const operations = readFileSync(description, 'utf8').match(/"operationId"/g)?.length ?? 0;
    assert.ok(files.length < 5 * operations, `${files.length} files for ${operations} operations`);
    const placing = readFileSync(join(client, 'api', 'orders', 'place_order.py'), 'utf8');
    const [answer] = typesOf(placing, /\) -> (.*) \| None:/g);
    assert.equal(answer, 'Order | Problem');
    report(
      `openapi-python-client wrote ${files.length} files for ${operations} operations; placing an order returns ${answer}`,
    );
  });
});

function assertPrinted(output: string): void {
  const printed = output.trim().split('\n');
  assert.equal(printed.length, PRINTED.length, output);
  for (const [index, pattern] of PRINTED.entries()) assert.match(printed[index] ?? '', pattern);
}

/** What the group of a pattern matches in a text, each once. */
const typesOf = (text: string, pattern: RegExp): string[] =>
  [...new Set([...text.matchAll(pattern)].map(([, type = '']) => type))].sort();

const lines = (text: string): number => text.split('\n').length;

const report = (text: string): void => {
  process.stderr.write(`      ${text}\n`);
};
