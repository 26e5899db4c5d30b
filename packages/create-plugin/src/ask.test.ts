import { PassThrough, Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { ask } from './ask.ts';

const [ENTER, DOWN, ESCAPE, CLEAR] = ['\r', '\u001b[B', '\u001b', '\u0015'];

/**
 * A terminal at which somebody types as questions appear.
 * @param answers - what a text on the screen is answered with, each once, in this order
 */
function terminalOf(...answers: readonly (readonly [seen: string, keys: readonly string[]])[]) {
  const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => {} });
  let shown = '';
  let next = 0;
  const output = Object.assign(
    new Writable({
      write(chunk, _encoding, done) {
        shown += stripVTControlCharacters(String(chunk));
        const [seen, keys] = answers[next] ?? ['\u0000', []];
        if (shown.includes(seen)) {
          next++;
          shown = '';
          setImmediate(() => type(keys));
        }
        done();
      },
    }),
    { columns: 120, rows: 40, isTTY: true },
  );
  const type = ([key, ...others]: readonly string[]) => {
    if (key === undefined) return;
    input.write(key);
    setImmediate(() => type(others));
  };
  return { input, output };
}

it('asks for kind, name and folder', async () => {
  const terminal = terminalOf(
    ['What kind of plugin?', [DOWN, ENTER]],
    ['What is the weighting called?', [...'inverse', ENTER]],
    ['Into which folder?', [...'here', ENTER]],
  );
  expect(await ask({}, terminal)).toEqual({ kind: 'weighting', name: 'inverse', dir: 'here' });
});

it('asks nothing that was said already, and offers the package’s name as folder', async () => {
  const terminal = terminalOf(['Into which folder?', [ENTER]]);
  const wishes = { kind: 'eval', name: 'tail', package: '@ada/tail' };
  expect(await ask(wishes, terminal)).toEqual({ ...wishes, dir: 'tail' });
});

it('asks again where a name cannot be', async () => {
  const terminal = terminalOf(
    ['What is the head called?', [...'Low Rank', ENTER]],
    ['Did you mean "low-rank"?', [CLEAR, ...'low-rank-2', ENTER]],
    ['Into which folder?', [ENTER]],
  );
  expect(await ask({ kind: 'head' }, terminal)).toMatchObject({ name: 'low-rank-2', dir: 'foretoken-head-low-rank-2' });
});

/** Refuses one folder, for a reason. */
const taken = (one: string, why: string) => async (folder: string) => (folder === one ? why : undefined);

it('asks again for a folder where one is taken, says why, and offers one that is free', async () => {
  const terminal = terminalOf(
    ['Into which folder?', [ENTER]],
    ['foretoken-head-demo is not empty. Into which other one?', [ENTER]],
  );
  const refuse = taken('foretoken-head-demo', 'is not empty');
  expect(await ask({ kind: 'head', name: 'demo' }, terminal, refuse)).toMatchObject({ dir: 'foretoken-head-demo-2' });
});

it('offers none where none of that name would do, and takes what is typed', async () => {
  const terminal = terminalOf(
    ['Into which folder?', [ENTER]],
    ['foretoken-head-demo cannot be read (EACCES). Into which other one?', [ENTER]],
    ['Name a folder.', [...'there', ENTER]],
  );
  const refuse = async (folder: string) => (folder === 'there' ? undefined : 'cannot be read (EACCES)');
  expect(await ask({ kind: 'head', name: 'demo' }, terminal, refuse)).toMatchObject({ dir: 'there' });
});

it.each(['What kind of plugin?', 'What is the head called?', 'Into which folder?'])(
  'may be given up at "%s"',
  async (at) => {
    const terminal = terminalOf([at, [ESCAPE]]);
    const wishes = {
      ...(at.startsWith('What kind') ? {} : { kind: 'head' }),
      ...(at.startsWith('Into') && { name: 'demo' }),
    };
    await expect(ask(wishes, terminal)).rejects.toMatchObject({ code: 'INTERRUPTED', exitCode: 130 });
  },
);

it('gives up where the process is told to end', async () => {
  const stopped = new AbortController();
  const asked = ask({ kind: 'head' }, { ...terminalOf(), signal: stopped.signal });
  stopped.abort();
  await expect(asked).rejects.toMatchObject({ code: 'INTERRUPTED' });
});

it('refuses a kind that is none before it asks anything', async () => {
  await expect(ask({ kind: 'hed' }, terminalOf())).rejects.toMatchObject({ code: 'USAGE' });
});
