import { isObject, mapOperations, type Json } from './walk.ts';

/** Says of the bodies of these operations, by their operation ids, that they may be absent. */
export const withOptionalBodies = (paths: unknown, operationIds: ReadonlySet<string>): Json =>
  mapOperations(paths, (operation) => {
    const { operationId, requestBody } = operation;
    const isOptional = typeof operationId === 'string' && operationIds.has(operationId);
    return isOptional && isObject(requestBody)
      ? { ...operation, requestBody: { ...requestBody, required: false } }
      : operation;
  });
