import { Command, CommanderError } from 'commander';
import { ablateCommand } from './commands/ablate.ts';
import { benchCommand } from './commands/bench.ts';
import { cleanCommand } from './commands/clean.ts';
import { compareCommand } from './commands/compare.ts';
import { doctorCommand } from './commands/doctor.ts';
import { engineCommand } from './commands/engine.ts';
import { errorsCommand } from './commands/errors.ts';
import { evalCommand } from './commands/eval.ts';
import { exportCommand } from './commands/export.ts';
import { generateCommand } from './commands/generate.ts';
import { indexCommand } from './commands/index-runs.ts';
import { pluginCommand } from './commands/plugin.ts';
import { pluginsCommand } from './commands/plugins.ts';
import { reportCommand } from './commands/report.ts';
import { runsCommand } from './commands/runs.ts';
import { trainCommand } from './commands/train.ts';
import { upgradeCommand } from './commands/upgrade.ts';
import { EXIT } from './process/exit-code.ts';

const exitCodes = `
Exit codes: ${EXIT.done} done, ${EXIT.failed} a failed cell or check, ${EXIT.badInput} bad input, ${EXIT.interrupted} interrupted.
Results go to stdout, everything else to stderr. NO_COLOR turns colours off.`;

/** The whole command line. It loads no command's code: that comes with the command's action. */
export function createProgram(version: string): Command {
  const program = new Command('foretoken')
    .description('Train, decode and ablate language models that predict several tokens at once.')
    .version(version, '-V, --version', 'print the version')
    .addCommand(trainCommand())
    .addCommand(generateCommand())
    .addCommand(evalCommand())
    .addCommand(ablateCommand())
    .addCommand(reportCommand())
    .addCommand(runsCommand())
    .addCommand(compareCommand())
    .addCommand(exportCommand())
    .addCommand(indexCommand())
    .addCommand(upgradeCommand())
    .addCommand(cleanCommand())
    .addCommand(pluginsCommand())
    .addCommand(pluginCommand())
    .addCommand(benchCommand())
    .addCommand(doctorCommand())
    .addCommand(engineCommand())
    .addCommand(errorsCommand());
  for (const each of [program, ...program.commands, ...program.commands.flatMap(({ commands }) => commands)]) {
    settle(each);
  }
  return program.addHelpText('after', exitCodes);
}

/** What sub-commands do not inherit when they are added: how errors look, and that they are thrown. */
function settle(command: Command): void {
  command
    .exitOverride()
    .showHelpAfterError(`See foretoken ${[...pathOf(command), '--help'].join(' ')}.`)
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'USAGE: ')) });
}

function pathOf(command: Command): string[] {
  return command.parent ? [...pathOf(command.parent), command.name()] : [];
}

/**
 * Runs a command line.
 *
 * @returns the exit code of a line that commander itself answered (help, version, a usage error); undefined when a command
 * ran and set `process.exitCode` itself
 */
export async function runProgram(program: Command, args: readonly string[]): Promise<number | undefined> {
  try {
    await program.parseAsync(args, { from: 'user' });
    return undefined;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    const isAnswer = error.code === 'commander.helpDisplayed' || error.code === 'commander.version';
    return isAnswer ? EXIT.done : EXIT.badInput;
  }
}
