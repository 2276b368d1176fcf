import type { Command } from 'commander';
import type { Terminal } from '../output/terminal.ts';

/** Adds the arguments, the options and the action of a command, which has its name and description already. */
export type Define = (command: Command, terminal: Terminal) => void;
