import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { messageOf } from '../../../harness/api/errors.ts';
import { writeLine, type Terminal } from '../output/terminal.ts';
import type { Define } from '../support/define.ts';
import { CliError } from '../support/errors.ts';

/** `checkout mail preview`: works without a running system. */
export const define: Define = (command, terminal) => {
  command
    .command('preview')
    .description('show every kind of mail in every language in the browser, with sample data')
    .option('--out <file>', 'write the page to this file, and open no browser')
    .action(async ({ out }: { out?: string }) => {
      const page = await preview(terminal);
      if (out !== undefined) {
        writeFile(resolve(out), page);
        writeLine(terminal.stdout, `${resolve(out)} shows the mails.`);
        return;
      }
      const file = join(mkdtempSync(join(tmpdir(), 'checkout-mails-')), 'mails.html');
      writeFile(file, page);
      const opened = await openInBrowser(file);
      writeLine(
        terminal.stdout,
        opened ? `The browser shows ${file}.` : `Open ${file} in a browser: it shows the mails.`,
      );
    });
};

async function preview(terminal: Terminal): Promise<string> {
  // Loaded only here: `--help` is printed faster without the configuration and the templates.
  const { loadConfig } = await import('../../platform/config.ts');
  const { previewPage } = await import('../../mail/preview.ts');
  const { shop, mail } = loadConfig(terminal.env, '.env');
  return previewPage({ shop, replyTo: mail.replyTo });
}

function writeFile(file: string, content: string): void {
  try {
    writeFileSync(file, content);
  } catch (error) {
    throw new CliError('not_written', `The page could not be written to ${file}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

const OPENERS: Partial<Record<NodeJS.Platform, readonly [command: string, ...args: string[]]>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
};

/** Resolves with whether the program that opens files on this system has accepted the file. */
function openInBrowser(file: string): Promise<boolean> {
  const [command, ...args] = OPENERS[process.platform] ?? ['xdg-open'];
  return new Promise((done) => {
    spawn(command, [...args, file], { stdio: 'ignore' })
      .once('error', () => {
        done(false); // there is no such program, for example on a server without a desktop
      })
      .once('exit', (code) => {
        done(code === 0);
      });
  });
}
