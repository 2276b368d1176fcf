import assert from 'node:assert/strict';
import { trace } from '@opentelemetry/api';
import type { Broker } from '../../src/contracts/ports/broker.ts';
import { traceCommands } from '../../src/tracing/messages.ts';
import { createTestBroker } from '../support/intake/stage.ts';

describe('a broker whose commands are traced', () => {
  it('can do all that it can without traces', async () => {
    const called: unknown[] = [];
    const broker: Required<Broker> = {
      ...createTestBroker(),
      publish: (messages) => Promise.resolve(void called.push(messages)),
      resize: (maxConcurrent) => Promise.resolve(void called.push(maxConcurrent)),
    };
    const traced = traceCommands(trace.getTracer('test'), broker);
    assert.deepEqual(Object.keys(traced).sort(), Object.keys(broker).sort());
    await traced.publish?.([]);
    await traced.resize?.(1_080);
    assert.deepEqual(called, [[], 1_080]);
  });
});
