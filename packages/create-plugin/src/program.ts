import path from 'node:path';
import { Command, CommanderError } from 'commander';
import { ask, type Terminal } from './ask.ts';
import { chosen, LICENSES, type Surroundings, type Wishes } from './choices.ts';
import { Failure } from './failure.ts';
import { filesOf } from './files.ts';
import { KIND_NAMES, KINDS } from './kinds.ts';
import { jsonReport, textReport } from './report.ts';
import { checkFree, obstacleAt, writeFolder } from './write-folder.ts';

/** What a run may touch beside the folder that it writes. */
export interface Context extends Surroundings {
  readonly args: readonly string[];
  /** Where questions are asked; undefined where nobody can answer. */
  readonly terminal: Terminal | undefined;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly signal: AbortSignal;
}

type Flags = Wishes & { readonly yes?: boolean; readonly json?: boolean };

const kindLines = KIND_NAMES.map((kind) => `  ${kind.padEnd(18)}${KINDS[kind].what}`).join('\n');

const MORE_HELP = `
Kinds:
${kindLines}

Examples:
  npm create foretoken-plugin                                      asks for kind, name and folder
  npm create foretoken-plugin -- --kind head --name demo --yes     into ./foretoken-head-demo, without a question

What it writes builds, tests, lints and trains at once. A folder that holds files is never written to.
Exit codes: 0 done, 2 bad input, 130 interrupted.`;

/**
 * Runs the command.
 * @returns the exit code
 */
export async function run(context: Context): Promise<number> {
  const command = commandOf(context);
  try {
    command.parse(context.args, { from: 'user' });
    await create(command.opts<Flags>(), context);
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof Failure)) throw error;
    context.err(`${error.message}\n`);
    return error.exitCode;
  }
}

function commandOf({ version, out, err }: Context): Command {
  // As it is called: nobody has the command itself on the path.
  return new Command('npm create foretoken-plugin --')
    .description('Starts a package with a Foretoken plugin of any kind.')
    .version(version, '-V, --version', 'print the version')
    .option('--kind <kind>', 'what it is; the kinds are below')
    .option('--name <name>', 'what it is called in configurations: lower-case words joined by "-"')
    .option('--dir <folder>', 'where to write it (default: a folder called like the package)')
    .option('--package <name>', 'what the package is called on npm (default: foretoken-<kind>-<name>)')
    .option('--author <text>', 'who stands in package.json and LICENSE')
    .option('--license <id>', `${LICENSES.join(', ')} (default: Apache-2.0)`)
    .option('--framework <folder>', 'tarballs of the framework to depend on, in place of what npm has')
    .option('-y, --yes', 'ask nothing')
    .option('--json', 'say what was written as one line of JSON; asks nothing')
    .allowExcessArguments(false)
    .addHelpText('after', MORE_HELP)
    .showHelpAfterError('See npm create foretoken-plugin -- --help.')
    .exitOverride()
    .configureOutput({
      writeOut: out,
      writeErr: err,
      outputError: (text, write) => write(text.replace(/^error: /, 'USAGE: ')),
    });
}

async function create({ yes = false, json = false, ...given }: Flags, context: Context): Promise<void> {
  const { cwd, out, terminal, signal } = context;
  const isAsked = terminal !== undefined && !yes && !json;
  const problemOf = async (folder: string) => (await obstacleAt(path.resolve(cwd, folder)))?.what;
  // Before a question is asked: its answer would be lost.
  if (isAsked && given.dir !== undefined) await checkFree(path.resolve(cwd, given.dir));
  const wishes = isAsked ? await ask(given, { ...terminal, signal }, problemOf) : given;
  const choices = chosen(wishes, context);
  await checkFree(choices.folder);
  const files = filesOf(choices);
  await writeFolder(choices.folder, files, { signal });
  out(json ? `${jsonReport(choices, files, cwd)}\n` : textReport(choices, files, cwd));
}
