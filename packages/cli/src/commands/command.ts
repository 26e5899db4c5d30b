import { Command } from 'commander';

/** A command with the options that all of them take. */
export function command(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('--json', 'print one JSON object or array on one line of stdout')
    .option('--debug', 'print the stack of an error');
}

/** For an option that may be given several times: `--set a=1 --set b=2`. */
export const collect = (value: string, earlier: readonly string[] = []): string[] => [...earlier, value];
