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

/**
 * Asks for what the command line left open: kind, name and folder.
 *
 * @param isFree - whether a folder can be written to: one that cannot is asked for again, before anything else is lost
 * @returns the wishes, complete
 * @throws INTERRUPTED if the person gives up; USAGE for a kind that was given and is none
 */
export async function ask(
  wishes: Wishes,
  terminal: Terminal,
  isFree: (folder: string) => Promise<boolean> = async () => true,
): Promise<Wishes> {
  intro('A new Foretoken plugin', terminal);
  const kind = wishes.kind === undefined ? await askKind(terminal) : checkedKind(wishes.kind);
  const name = wishes.name ?? (await askName(kind, terminal));
  const dir = wishes.dir ?? (await askFolder(wishes.package ?? defaultPackageName(kind, name), terminal, isFree));
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

async function askFolder(
  packageName: string,
  terminal: Terminal,
  isFree: (folder: string) => Promise<boolean>,
): Promise<string> {
  const defaultValue = packageName.replace(/^@.*\//, '');
  for (let message = 'Into which folder?'; ; ) {
    const folder = answered(await text({ message, placeholder: defaultValue, defaultValue, ...terminal }));
    if (await isFree(folder)) return folder;
    message = `${folder} is not empty, or no folder. Into which other one?`;
  }
}

function answered<Answer>(answer: Answer): Exclude<Answer, symbol> {
  if (isCancel(answer)) throw new Failure('INTERRUPTED', 'stopped on request; nothing was written.');
  return answer as Exclude<Answer, symbol>;
}
