import type { Command } from 'commander';
import type { CommandContext, GlobalOptions } from './context.ts';

/** What a command's module exports: does the work, gives the exit code. */
export interface CommandModule<Options> {
  run(context: CommandContext, operands: readonly string[], options: Options): Promise<number>;
}

/**
 * The action of a command: loads its module only now, so that `--help` stays quick, runs it, reports what it throws. None runs
 * in a folder that was deleted: relative paths start nowhere there, and Node throws in the middle of what needs it. The exit code goes to `process.exitCode`.
 */
export function action<Options>(load: () => Promise<CommandModule<Options>>) {
  return async (...parameters: unknown[]): Promise<void> => {
    const command = parameters.at(-1) as Command;
    const options = command.opts() as GlobalOptions & Options;
    const { openContext } = await import('./context.ts');
    const context = openContext(options);
    try {
      const { checkWorkingFolder } = await import('./working-folder.ts');
      checkWorkingFolder();
      const { run } = await load();
      process.exitCode = await run(context, command.args, options);
    } catch (error) {
      const { reportError } = await import('./report-error.ts');
      const { lines, exitCode } = reportError(error, { debug: options.debug === true });
      for (const line of lines) context.say(line);
      process.exitCode = exitCode;
    } finally {
      context.close();
    }
  };
}
