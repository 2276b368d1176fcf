import { textOr } from '../state/texts.ts';

export const nameOf = (destination: string): string => textOr(`health.${destination}`, destination);
