import type { Command, Option } from 'commander';
import type { Document, Finding } from '../text/document.ts';
import { commandsOf, isPlaceholder, type ShellCommand } from '../text/shell.ts';

/** Every form in which the documents call the command line; it is followed by the arguments. */
const PREFIXES = [
  ['npx', 'checkout'],
  ['checkout'],
  ['node', 'dist/src/cli/main.js'],
  ['npx', 'tsx', 'src/cli/main.ts'],
];

/**
 * Calls of `checkout`: the command, its options, their values and the number of arguments are those of the program. An option by
 * itself is one of the program, or of another program of ours (`otherOptions`).
 */
export function checkCli(document: Document, program: Command, otherOptions: ReadonlySet<string>): Finding[] {
  const { file, codeSpans } = document;
  const calls = commandsOf(document).flatMap((command): Finding[] => {
    const args = argumentsOf(command.words);
    if (args === undefined) return [];
    const fix = problemOf(program, args, command.complete);
    if (fix === undefined) return [];
    return [{ file, line: command.line, named: ['checkout', ...args].join(' '), fix }];
  });
  const known = new Set([...optionsIn(program), ...otherOptions]);
  const options = codeSpans
    .filter(({ text }) => /^--[a-z][a-z-]*( .*)?$/.test(text) && !known.has(text.split(' ', 1)[0] ?? ''))
    .map(({ text, line }) => ({
      file,
      line,
      named: text,
      fix: 'no program of this repository has this option.',
    }));
  return [...calls, ...options];
}

/** The words after the program, or undefined if the command is another one. */
function argumentsOf(words: ShellCommand['words']): readonly string[] | undefined {
  const prefix = PREFIXES.find((each) => each.every((word, index) => words[index] === word));
  return prefix && words.length > prefix.length ? words.slice(prefix.length) : undefined;
}

/** What is wrong with a call. `complete`: whether it has to have all that is required. */
function problemOf(program: Command, args: readonly string[], complete: boolean): string | undefined {
  let command = program;
  const given = new Set<string>();
  const positional: string[] = [];
  const rest = [...args];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word.startsWith('-') && word !== '-') {
      const [name = '', value] = word.split('=', 2);
      const option = optionOf(command, name);
      if (!option)
        return `${pathOf(command)} has no option ${name}. It has ${optionsOf(command).join(', ')}.`;
      given.add(option.attributeName());
      const wrong = option.required
        ? choiceProblem(name, value ?? rest.shift(), option.argChoices)
        : undefined;
      if (wrong !== undefined) return wrong;
      continue;
    }
    const inner = command.commands.find((each) => each.name() === word || each.aliases().includes(word));
    if (inner && positional.length === 0) command = inner;
    else if (command.commands.length > 0 && isPlaceholder(word)) return undefined;
    else if (command.commands.length > 0)
      return `${pathOf(command)} has no command ${word}. It has ${command.commands.map((each) => each.name()).join(', ')}.`;
    else positional.push(word);
  }
  return argumentProblem(command, positional) ?? (complete ? missing(command, positional, given) : undefined);
}

function argumentProblem(command: Command, positional: readonly string[]): string | undefined {
  const { registeredArguments } = command;
  const last = registeredArguments.at(-1);
  if (positional.length > registeredArguments.length && !last?.variadic)
    return `${pathOf(command)} takes no argument ${positional[registeredArguments.length]}. Its usage: ${command.usage()}.`;
  return registeredArguments
    .map((argument, index) => choiceProblem(argument.name(), positional[index], argument.argChoices))
    .find((problem) => problem !== undefined);
}

function missing(
  command: Command,
  positional: readonly string[],
  given: ReadonlySet<string>,
): string | undefined {
  const argument = command.registeredArguments.find(
    ({ required }, index) => required && index >= positional.length,
  );
  if (argument) return `${pathOf(command)} needs <${argument.name()}>.`;
  const option = command.options.find((each) => each.mandatory && !given.has(each.attributeName()));
  return option && `${pathOf(command)} needs ${option.flags}.`;
}

function choiceProblem(
  name: string,
  value: string | undefined,
  choices: readonly string[] | undefined,
): string | undefined {
  if (choices === undefined || value === undefined || isPlaceholder(value) || choices.includes(value))
    return undefined;
  return `${name} takes ${choices.join(', ')}, not ${value}.`;
}

const chainOf = (command: Command): Command[] => [
  command,
  ...(command.parent ? chainOf(command.parent) : []),
];

const optionOf = (command: Command, name: string): Option | undefined =>
  chainOf(command)
    .flatMap((each) => each.options)
    .find(({ long, short }) => long === name || short === name) ?? helpOption(command, name);

/** `--help` belongs to every command, and is not among its options. */
const helpOption = (command: Command, name: string): Option | undefined =>
  ['-h', '--help'].includes(name) ? command.createOption('-h, --help') : undefined;

const optionsOf = (command: Command): string[] =>
  chainOf(command).flatMap(({ options }) => options.flatMap(({ long }) => long ?? []));

const optionsIn = (command: Command): string[] => [
  '--help',
  ...optionsOf(command),
  ...command.commands.flatMap(optionsIn),
];

const pathOf = (command: Command): string =>
  chainOf(command)
    .map((each) => each.name())
    .reverse()
    .join(' ');
