import assert from 'node:assert/strict';
import proto from '@temporalio/proto';
import { historyFromJson, historyToJson } from '../../src/workers/history-json.ts';

const { EventType } = proto.temporal.api.enums.v1;

describe('a history as JSON', () => {
  const history = {
    events: [
      {
        eventId: 1,
        eventType: EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
        workflowExecutionStartedEventAttributes: {
          workflowType: { name: 'checkout' },
          input: { payloads: [{ data: new Uint8Array([0, 1, 255]) }] },
        },
      },
    ],
  } as unknown as Parameters<typeof historyToJson>[0];

  it('can be read back as it was written, bytes included', () => {
    const text = historyToJson(history);
    const [event] = historyFromJson(JSON.parse(text)).events ?? [];
    const started = event?.workflowExecutionStartedEventAttributes;
    assert.equal(started?.workflowType?.name, 'checkout');
    assert.deepEqual([...(started.input?.payloads?.[0]?.data ?? [])], [0, 1, 255]);
    assert.equal(historyToJson(historyFromJson(JSON.parse(text))), text);
  });

  it('names event types as the Temporal CLI and UI do', () => {
    assert.match(historyToJson(history), /"eventType": "EVENT_TYPE_WORKFLOW_EXECUTION_STARTED"/);
  });

  it('may contain fields that a newer server has added', () => {
    const json = { events: [{ eventId: '1', addedLater: { deep: true } }] };
    assert.equal(historyFromJson(json).events?.length, 1);
  });

  it('throws if the JSON is no history', () => {
    for (const json of [null, 'text', [], {}, { events: {} }])
      assert.throws(() => historyFromJson(json), TypeError);
  });
});
