import { Command, Option } from 'commander';
import { action } from '../process/run-action.ts';
import { command } from './command.ts';
import { decimalNumber, names, wholeNumber } from './numbers.ts';

/** Options of `foretoken plugin check`. */
export interface PluginCheckOptions {
  readonly options?: string;
  readonly engine?: readonly string[];
  /** Seconds of one check. */
  readonly deadline?: number;
  /** MiB of the process that runs the package's code. */
  readonly memory?: number;
  readonly markdown?: boolean;
  readonly report?: string;
}

const notes = `
Without --options, plugins are checked with what "check" in their manifest says, or the defaults of their schemas. A file says it for one plugin or more:
  { "head/low-rank": { "options": { "rank": 2 }, "settings": { "horizon": 2 } } }

Nothing is installed or published, and the code runs in a process of its own. A folder is checked as npm would pack it: build it before.

Examples:
  foretoken plugin check                                        the package in this folder
  foretoken plugin check my-head-1.0.0.tgz --engine cpu,wasm    a tarball, on two engines
  foretoken plugin check --report CHECKED.md                    and a table for a README

Exit codes: 0 fit to publish, 1 something has to be mended, 2 bad input, 130 interrupted.`;

/** `foretoken plugin`. */
export function pluginCommand(): Command {
  return new Command('plugin').description('Check a plugin package before it is published.').addCommand(checkCommand());
}

function checkCommand(): Command {
  return command('check', 'Check a plugin package: manifest, types, contents, code, contracts, what it does to a host.')
    .argument('[package]', 'a folder, a tarball, or the name of an installed package', '.')
    .option('--options <file>', 'JSON with options and settings to check plugins with, by "kind/name"')
    .option('--engine <names>', 'engines to check contracts on, with commas between (default: all that can run)', names)
    .option('--deadline <seconds>', 'longest time of one check (default: 120)', decimalNumber({ above: 0 }))
    .option(
      '--memory <MiB>',
      'most memory of the process that runs the code (default: 2048)',
      wholeNumber({ minimum: 64 }),
    )
    .addOption(new Option('--markdown', 'print a report for a README').conflicts('json'))
    .option('--report <file>', 'write the report for a README into a file')
    .addHelpText('after', notes)
    .action(action(() => import('../plugin/check.ts')));
}
