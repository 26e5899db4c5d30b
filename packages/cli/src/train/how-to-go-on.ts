import path from 'node:path';
import type { Experiment } from '@foretoken/core';
import type { TrainOptions } from '../commands/train.ts';

/** The training that was stopped, and the command that it was started with. */
export interface StoppedTraining {
  readonly file: string;
  /** Folder of the run. */
  readonly directory: string;
  readonly options: TrainOptions;
  /** What it was attached to, if anything. */
  readonly base: Pick<NonNullable<Experiment['model']['base']>, 'run'> | undefined;
}

/**
 * The same command with --resume, quoted for a shell. It reads the experiment's file again, and with it the base run:
 * that this has to stay where it is until then is said too.
 */
export function howToGoOn({ file, directory, options, base }: StoppedTraining): readonly string[] {
  const words = [
    'train',
    file,
    '--run',
    path.relative('', directory) || '.',
    ...(options.base === undefined ? [] : ['--base', options.base]),
    ...(options.set ?? []).flatMap((text) => ['--set', text]),
  ];
  const command = `Go on with: foretoken ${[...words, '--resume'].map(quoted).join(' ')}`;
  if (base === undefined) return [command];
  return [command, `Until then leave its base run as it is: ${options.base ?? base.run}`];
}

const quoted = (word: string) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
