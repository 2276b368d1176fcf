import { Type } from 'typebox';
import { decodeCursor } from './cursor.ts';

export const EndpointPath = Type.Object(
  {
    endpointId: Type.String({
      pattern: '^[\\x21-\\x7e]{1,100}$',
      description: 'The id of the webhook endpoint.',
    }),
  },
  { additionalProperties: false },
);

const CREATED_AT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
const ID = /^[\x21-\x7e]{1,200}$/;

/** The time and the id in a cursor of a list of endpoints or deliveries; nothing for the first page. */
export const positionOf = (cursor: string | undefined): string[] =>
  cursor === undefined ? [] : decodeCursor(cursor, [CREATED_AT, ID]);
