import { Argument, Option, type Command } from 'commander';
import { BRAKE_KINDS, type BrakeKind } from '../../contracts/brakes.ts';
import type { BrakeView } from '../../contracts/http/brakes.ts';
import { actorText } from '../output/actor.ts';
import { drawTable } from '../output/table.ts';
import { writeJson, writeLine, type Output } from '../output/terminal.ts';
import { contextOf } from '../support/context.ts';
import type { Define } from '../support/define.ts';
import { wholeNumber } from '../support/options.ts';
import { allPages, MAX_PAGE_SIZE } from '../support/pages.ts';

interface ListFlags {
  released?: true;
}

interface ChangeFlags {
  reason: string;
}

/** `checkout brakes`, `brakes list`, `brakes on <kind> [target]`, `brakes off <id>` */
export const define: Define = (brakes, terminal) => {
  brakes
    .command('list', { isDefault: true })
    .description('list what is paused')
    .option('--released', 'list what was paused and is released')
    .action(async ({ released }: ListFlags, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      const state = released ? 'released' : 'on';
      const found = await allPages((cursor) => api.listBrakes({ state, limit: MAX_PAGE_SIZE, cursor }));
      if (json) writeJson(terminal.stdout, found);
      else
        writeLine(
          terminal.stdout,
          found.length === 0
            ? released
              ? 'Nothing was paused.'
              : 'Nothing is paused.'
            : drawBrakes(terminal.stdout, found),
        );
    });

  brakes
    .command('on')
    .description('pause new orders (intake), taking money (provider), or an item (sku)')
    .addArgument(new Argument('<kind>', 'what is paused').choices([...BRAKE_KINDS]))
    .argument(
      '[target]',
      'of intake: all (the default), http, rabbitmq, kafka, zeromq, or the source of CloudEvents; of sku: the item',
    )
    .addOption(reasonOption())
    .action(
      async (kind: BrakeKind, target: string | undefined, { reason }: ChangeFlags, command: Command) => {
        const { api, json } = contextOf(command, terminal);
        const brake = await api.setBrake({ kind, reason, ...(target !== undefined && { target }) });
        show(terminal.stdout, brake, json);
      },
    );

  brakes
    .command('off')
    .description('release what is paused')
    .argument('<id>', 'as in the list', wholeNumber(1))
    .addOption(reasonOption())
    .action(async (brakeId: number, { reason }: ChangeFlags, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      show(terminal.stdout, await api.releaseBrake(brakeId, { reason }), json);
    });
};

const reasonOption = (): Option =>
  new Option('--reason <text>', 'why, for other operators').makeOptionMandatory();

function show(stream: Output, brake: BrakeView, json: boolean): void {
  if (json) writeJson(stream, brake);
  else writeLine(stream, drawBrakes(stream, [brake]));
}

const drawBrakes = (stream: Output, brakes: readonly BrakeView[]): string =>
  drawTable(
    stream,
    [
      { title: 'id', align: 'right' },
      { title: 'kind' },
      { title: 'target' },
      { title: 'affected', align: 'right' },
      { title: 'since' },
      { title: 'by' },
      { title: 'reason' },
      { title: 'released' },
    ],
    brakes.map(({ brakeId, kind, target, affected, setAt, setBy, reason, releasedAt, releaseReason }) => [
      String(brakeId),
      kind,
      target,
      String(affected),
      setAt,
      actorText(setBy),
      reason,
      releasedAt === undefined ? '' : `${releasedAt}: ${releaseReason ?? ''}`,
    ]),
  );
