import { createRequire } from 'node:module';
import proto, { type temporal } from '@temporalio/proto';
import { patchProtobufRoot } from '@temporalio/proto/lib/patch-protobuf-root.js';

export type History = temporal.api.history.v1.IHistory;

/** The used part of `protobufjs/ext/protojson`, which has no types of its own. */
interface ProtoJson {
  fromJson: (type: unknown, json: unknown, options: { ignoreUnknownFields: boolean }) => History;
  toJson: (type: unknown, message: unknown) => unknown;
}

/**
 * The SDK's `historyFromJSON` and `historyToJSON` work only where npm has installed one protobufjs for all packages of the SDK.
 * With several copies (grpc-js needs another major version, which takes the top level) they fail with "type must be a Type".
 * This module therefore uses the copy that the message types were made with.
 */
const ofProto = createRequire(createRequire(import.meta.url).resolve('@temporalio/proto'));
const { fromJson, toJson } = ofProto('protobufjs/ext/protojson') as ProtoJson;
const root = patchProtobufRoot(proto as unknown as Record<string, unknown>);
const historyType = (root as { lookupType(name: string): unknown }).lookupType(
  'temporal.api.history.v1.History',
);

/**
 * Reads a history in protobuf's JSON form, in which this project records histories and the Temporal CLI and UI export them.
 *
 * @throws {TypeError} if the JSON is no history
 */
export function historyFromJson(json: unknown): History {
  const events = typeof json === 'object' && json !== null && 'events' in json ? json.events : undefined;
  if (!Array.isArray(events))
    throw new TypeError('This JSON is not a workflow history: it has no list of events.');
  return fromJson(historyType, { events }, { ignoreUnknownFields: true });
}

/** Writes a history in protobuf's JSON form, which the Temporal CLI and UI can read. */
export function historyToJson(history: History): string {
  const message = proto.temporal.api.history.v1.History.fromObject(history);
  return JSON.stringify(toJson(historyType, message), null, 2);
}
