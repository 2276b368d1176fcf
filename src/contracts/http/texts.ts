import { Type, type TSchemaOptions, type TString } from 'typebox';

/** A text for people, which must not be blank. */
export const Text = (maxLength: number, options: TSchemaOptions = {}): TString =>
  Type.String({ minLength: 1, maxLength, pattern: NOT_BLANK, ...options });

/** The pattern of a text with a character that is no white space. */
export const NOT_BLANK = '\\S';
