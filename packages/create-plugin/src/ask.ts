import type { Readable, Writable } from 'node:stream';
import { intro, isCancel, select, text } from '@clack/prompts';
import { checkedKind, type Wishes } from './choices.ts';
import { Failure } from './failure.ts';
import { KIND_NAMES, KINDS, type Kind } from './kinds.ts';
import { defaultPackageName, nameProblem } from './names.ts';

/** A terminal. */
export interface Terminal {
  readonly input: Readable;
  readonly output: Writable;
  /** Gives up for the person: the process is to end. */
  readonly signal?: AbortSignal;
}

type ProblemOf = (folder: string) => Promise<string | undefined>;

/**
 * Asks for what the command line left open: kind, name and folder.
 *
 * @param problemOf - why a folder cannot be written to, as the end of a sentence; undefined where it can. One that cannot is asked
 * for again, before anything else is lost
 * @returns the wishes, complete
 * @throws INTERRUPTED if the person gives up; USAGE for a kind that was given and is none
 */
export async function ask(
  wishes: Wishes,
  terminal: Terminal,
  problemOf: ProblemOf = async () => undefined,
): Promise<Wishes> {
  intro('A new Foretoken plugin', terminal);
  const kind = wishes.kind === undefined ? await askKind(terminal) : checkedKind(wishes.kind);
  const name = wishes.name ?? (await askName(kind, terminal));
  const dir = wishes.dir ?? (await askFolder(wishes.package ?? defaultPackageName(kind, name), terminal, problemOf));
  return { ...wishes, kind, name, dir };
}

async function askKind(terminal: Terminal): Promise<Kind> {
  const options = KIND_NAMES.map((value) => ({ value, label: value, hint: KINDS[value].what }));
  return answered(
    await select<Kind>({
      message: 'What kind of plugin?',
      options: options as never,
      initialValue: 'head',
      ...terminal,
    }),
  );
}

async function askName(kind: Kind, terminal: Terminal): Promise<string> {
  const validate = (name: string | undefined) => nameProblem(kind, name ?? '');
  return answered(
    await text({
      message: `What is the ${kind} called?`,
      placeholder: 'lower-case words joined by -',
      validate,
      ...terminal,
    }),
  );
}

async function askFolder(packageName: string, terminal: Terminal, problemOf: ProblemOf): Promise<string> {
  const usual = packageName.replace(/^@.*\//, '');
  let defaultValue: string | undefined = usual;
  for (let message = 'Into which folder?'; ; ) {
    const folder: string = answered(await text({ message, ...offered(defaultValue), ...terminal }));
    const problem = await problemOf(folder);
    if (problem === undefined) return folder;
    message = `${folder} ${problem}. Into which other one?`;
    defaultValue = await freeOne(usual, problemOf);
  }
}

/** What a question for a folder takes for no answer; without a default, one has to be given. */
const offered = (folder: string | undefined) =>
  folder === undefined
    ? { placeholder: 'a folder', validate: (given: string | undefined) => (given ? undefined : 'Name a folder.') }
    : { placeholder: folder, defaultValue: folder };

/** The first of a few folders of this name that can be written to. */
async function freeOne(name: string, problemOf: ProblemOf): Promise<string | undefined> {
  for (const folder of [name, ...Array.from({ length: 8 }, (_, i) => `${name}-${i + 2}`)]) {
    if ((await problemOf(folder)) === undefined) return folder;
  }
  return undefined;
}

function answered<Answer>(answer: Answer): Exclude<Answer, symbol> {
  if (isCancel(answer)) throw new Failure('INTERRUPTED', 'stopped on request; nothing was written.');
  return answer as Exclude<Answer, symbol>;
}
