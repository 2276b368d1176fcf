import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { freePort } from '../../dev/processes/free-port.ts';
import { checkPorts, neededPorts } from '../../dev/ports.ts';
import { loadConfig } from '../../src/platform/config.ts';

const variables = [
  'PORT',
  'POSTGRES_PORT',
  'TEMPORAL_PORT',
  'TEMPORAL_UI_PORT',
  'SANDBOX_PORT',
  'SMTP_PORT',
] as const;

async function freePorts(): Promise<Record<(typeof variables)[number], string>> {
  const ports = {} as Record<(typeof variables)[number], string>;
  for (const variable of variables) ports[variable] = String(await freePort());
  return ports;
}

describe('the ports of npm start', () => {
  it('are accepted when all are free', async () => {
    await checkPorts(neededPorts(loadConfig(await freePorts())));
  });

  for (const host of ['127.0.0.1', '0.0.0.0'])
    for (const variable of variables)
      it(`used by another process on ${host} is reported with the variable to set: ${variable}`, async () => {
        const env = await freePorts();
        const port = Number(env[variable]);
        const otherServer = createServer().listen(port, host);
        await once(otherServer, 'listening');
        try {
          await assert.rejects(checkPorts(neededPorts(loadConfig(env))), {
            message: `Port ${port} is used by another process. Set ${variable} to a free port, for example: ${variable}=${port + 1} npm start`,
          });
        } finally {
          otherServer.close();
        }
      });

  it('must differ', async () => {
    const env = await freePorts();
    await assert.rejects(checkPorts(neededPorts(loadConfig({ ...env, SMTP_PORT: env.PORT }))), {
      message: `PORT and SMTP_PORT are both ${env.PORT}. Set one of them to another port.`,
    });
  });

  it('of parts that run elsewhere are not needed', () => {
    const config = loadConfig({
      DATABASE_URL: 'postgresql://db/checkout',
      TEMPORAL_ADDRESS: 'temporal:7233',
      STRIPE_API_BASE: 'https://api.stripe.com',
      STRIPE_API_KEY: 'sk_test_mine',
      SMTP_URL: 'smtp://mail:25',
    });
    assert.deepEqual(
      neededPorts(config).map(({ variable }) => variable),
      ['PORT'],
    );
  });

  it('on an address of another machine are refused', async () => {
    const config = loadConfig({ ...(await freePorts()), HOST: '192.0.2.1' });
    await assert.rejects(
      checkPorts(neededPorts(config)),
      /^StartError: HOST=192\.0\.2\.1 is not an address of this machine/,
    );
  });
});
