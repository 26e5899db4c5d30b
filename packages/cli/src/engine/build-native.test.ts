import type { BuiltNative } from '@foretoken/engine/build-native';
import { isForetokenError } from '@foretoken/engine/errors';
import { describe, expect, it, vi } from 'vitest';
import type { CommandContext } from '../process/context.ts';
import { exitCodeOf } from '../process/exit-code.ts';
import { runBin } from '../testing/run-bin.fixture.ts';

/** What the command does when the build comes to this. */
async function outcome(result: BuiltNative, isJson = false, force?: boolean) {
  vi.resetModules();
  const buildNative = vi.fn(async ({ log }: { force: boolean; log: (line: string) => void }) => {
    log('a line of the compiler');
    return result;
  });
  vi.doMock('@foretoken/engine/build-native', () => ({ buildNative }));
  const { run } = await import('./build-native.ts');
  const [lines, objects, said] = [[] as string[], [] as unknown[], [] as string[]];
  const context = {
    isJson,
    print: (line: string) => lines.push(line),
    printJson: (value: unknown) => objects.push(value),
    say: (line: string) => said.push(line),
  } as unknown as CommandContext;
  const ended = await run(context, [], { force }).then(
    (code) => ({ code }),
    (error: unknown) => ({ error }),
  );
  return { ended, lines, objects, said, asked: buildNative.mock.calls[0][0].force };
}

describe('foretoken engine build', () => {
  it('hands the compiler’s lines to stderr and says how long it took', async () => {
    const { ended, lines, said, asked } = await outcome({ built: true, seconds: 41.6 }, false, true);
    expect(ended).toEqual({ code: 0 });
    expect(lines).toEqual(['Built in 42 s: the native engine runs by default now.']);
    expect([said, asked]).toEqual([['a line of the compiler'], true]);
  });

  it('says where nothing was to do', async () => {
    const { lines, asked } = await outcome({ built: true, seconds: 0 });
    expect(lines[0]).toMatch(/up to date; --force builds it anew/);
    expect(asked).toBe(false);
  });

  it('fails with exit code 1 and the next step where it cannot be built', async () => {
    const reason = '"c++" cannot be run; install a C++17 compiler, then run `foretoken engine build`.';
    const { ended, objects } = await outcome({ built: false, reason }, true);
    if (!('error' in ended) || !isForetokenError(ended.error)) throw new Error('no error of the project');
    expect(exitCodeOf(ended.error.code)).toBe(1);
    expect(ended.error.message).toBe(`ENGINE_BUILD_FAILED: native: ${reason}`);
    expect(objects).toEqual([{ built: false, reason }]);
  });

  it('--json prints what was built, on one line', async () => {
    const { lines, objects } = await outcome({ built: true, seconds: 3 }, true);
    expect([lines, objects]).toEqual([[], [{ built: true, seconds: 3 }]]);
  });

  it('engine --help lists it', async () => {
    const { code, stdout } = await runBin(['engine', '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ {2}build /m);
  });
});
