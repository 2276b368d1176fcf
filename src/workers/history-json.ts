import { createRequire } from 'node:module';
import proto, { type temporal } from '@temporalio/proto';
import { patchProtobufRoot } from '@temporalio/proto/lib/patch-protobuf-root.js';

export type History = temporal.api.history.v1.IHistory;

/** The part that we use of `protobufjs/ext/protojson`, which comes without types. */
interface ProtoJson {
  fromJson: (type: unknown, json: unknown, options: { ignoreUnknownFields: boolean }) => History;
  toJson: (type: unknown, message: unknown) => unknown;
}

/**
 * The SDK's `historyFromJSON` and `historyToJSON` work only where npm has put one protobufjs for all of the SDK's packages; with a
 * copy each (grpc-js wants another major version, which takes the common place) they fail with "type must be a Type".
 * So this takes the very copy that the message types were made with.
 */
const ofProto = createRequire(createRequire(import.meta.url).resolve('@temporalio/proto'));
const { fromJson, toJson } = ofProto('protobufjs/ext/protojson') as ProtoJson;
const root = patchProtobufRoot(proto as unknown as Record<string, unknown>);
const historyType = (root as { lookupType(name: string): unknown }).lookupType(
  'temporal.api.history.v1.History',
);

/**
 * Reads a history in protobuf's JSON form, as this project records it and as the Temporal CLI and UI export it.
 * @throws TypeError when it is something else
 */
export function historyFromJson(json: unknown): History {
  const events = typeof json === 'object' && json !== null && 'events' in json ? json.events : undefined;
  if (!Array.isArray(events)) throw new TypeError('This is no history: it has no list of events.');
  return fromJson(historyType, { events }, { ignoreUnknownFields: true });
}

/** In protobuf's JSON form, which the Temporal CLI and UI read too. */
export function historyToJson(history: History): string {
  const message = proto.temporal.api.history.v1.History.fromObject(history);
  return JSON.stringify(toJson(historyType, message), null, 2);
}
