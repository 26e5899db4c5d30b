import { expect, test } from 'vitest';
import { howToGoOn } from './how-to-go-on.ts';

const stopped = { file: 'my run.yaml', directory: 'runs/a', options: { set: ['seed=1'] }, base: undefined };
const command = "Go on with: foretoken train 'my run.yaml' --run runs/a";

test('a training goes on with its own command and --resume', () => {
  expect(howToGoOn(stopped)).toEqual([`${command} --set seed=1 --resume`]);
});

test('one that is attached to a run is told to leave that run, whoever named it', () => {
  const base = { run: '../base' };
  expect(howToGoOn({ ...stopped, options: {}, base })).toEqual([
    `${command} --resume`,
    'Until then leave its base run as it is: ../base',
  ]);
  // From where the command is called, as it was given there.
  expect(howToGoOn({ ...stopped, options: { base: 'runs/base' }, base })).toEqual([
    `${command} --base runs/base --resume`,
    'Until then leave its base run as it is: runs/base',
  ]);
});
