import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { startOnFreePorts } from '../../dev/processes/free-ports.ts';
import { checkPorts, neededPorts } from '../../dev/ports.ts';
import { loadConfig } from '../../src/platform/config.ts';
import { PORTS, variablesOf } from '../support/system.ts';

describe('the ports of npm start', () => {
  it('are accepted when all are free', () =>
    startOnFreePorts(PORTS, (ports) => checkPorts(neededPorts(loadConfig(variablesOf(ports))))));

  for (const host of ['127.0.0.1', '0.0.0.0'])
    for (const variable of [...PORTS, 'METRICS_PORT'])
      it(`used by another process on ${host} is reported with the variable to set: ${variable}`, async () => {
        const otherServer = createServer().listen(0, host);
        await once(otherServer, 'listening');
        const { port } = otherServer.address() as AddressInfo;
        const needed = neededPorts(loadConfig({ [variable]: String(port) }));
        try {
          await assert.rejects(checkPorts(needed.filter((each) => each.variable === variable)), {
            message: `Port ${port} is used by another process. Set ${variable} to a free port, for example: ${variable}=${port + 1} npm start`,
          });
        } finally {
          otherServer.close();
        }
      });

  it('must differ', async () => {
    await assert.rejects(checkPorts(neededPorts(loadConfig({ PORT: '3000', SMTP_PORT: '3000' }))), {
      message: `PORT and SMTP_PORT are both 3000. Set one of them to another port.`,
    });
  });

  it('include that of the metrics only where one is configured', () => {
    const variables = (settings: Record<string, string>): string[] =>
      neededPorts(loadConfig(settings)).map(({ variable }) => variable);
    assert.ok(!variables({}).includes('METRICS_PORT'));
    assert.ok(!variables({ METRICS_PORT: '0' }).includes('METRICS_PORT'));
    assert.ok(variables({ METRICS_PORT: '9464' }).includes('METRICS_PORT'));
  });

  it('of parts that run elsewhere are not needed', () => {
    const config = loadConfig({
      DATABASE_URL: 'postgresql://db/checkout',
      TEMPORAL_ADDRESS: 'temporal:7233',
      STRIPE_API_BASE: 'https://api.stripe.com',
      STRIPE_API_KEY: 'sk_test_mine',
      EASYPOST_API_BASE: 'https://api.easypost.com',
      EASYPOST_API_KEY: 'EZTKmine',
      SMTP_URL: 'smtp://mail:25',
    });
    assert.deepEqual(
      neededPorts(config).map(({ variable }) => variable),
      ['PORT'],
    );
  });

  it('on an address of another machine are refused', () =>
    startOnFreePorts(['PORT'], async ({ PORT }) => {
      const needed = neededPorts(loadConfig({ PORT: String(PORT), HOST: '192.0.2.1' }));
      await assert.rejects(
        checkPorts(needed.filter(({ variable }) => variable === 'PORT')),
        /^StartError: HOST=192\.0\.2\.1 is not an address of this machine/,
      );
    }));
});
