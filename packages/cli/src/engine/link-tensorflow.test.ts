import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { LinkedTensorflow } from '@foretoken/engine/link-tensorflow';
import { describe, expect, it, vi } from 'vitest';
import type { CommandContext } from '../process/context.ts';
import { runBin } from '../testing/run-bin.fixture.ts';

const linked: LinkedTensorflow = {
  package: '/p',
  binding: '/p/lib/napi-v8/tfjs_binding.node',
  tensorflow: { version: '2.21.0', libraryFolder: '/t' },
  device: 'gpu',
  command: ['g++'],
};

/** What the command prints when the engine package links this; and what it asked for. */
async function printed(result: LinkedTensorflow, isJson: boolean) {
  vi.resetModules();
  const linkTensorflow = vi.fn(async () => result);
  vi.doMock('@foretoken/engine/link-tensorflow', () => ({ linkTensorflow }));
  const { run } = await import('./link-tensorflow.ts');
  const [lines, objects] = [[] as string[], [] as unknown[]];
  const context = {
    isJson,
    print: (line: string) => lines.push(line),
    printJson: (value: unknown) => objects.push(value),
    say: () => {},
  } as unknown as CommandContext;
  const code = await run(context, [], { tensorflow: 'T', package: 'P' });
  expect(linkTensorflow).toHaveBeenCalledWith(
    expect.objectContaining({ tensorflow: 'T', package: 'P', say: context.say }),
  );
  return { code, lines, objects };
}

describe('foretoken engine link-tensorflow', () => {
  it('says which TensorFlow runs where, and how to use it', async () => {
    expect(await printed(linked, false)).toEqual({
      code: 0,
      lines: ['TensorFlow 2.21.0 runs on the GPU: use --engine tensorflow.'],
      objects: [],
    });
    expect((await printed({ ...linked, device: 'processor' }, false)).lines[0]).toContain('on the processor');
  });

  it('--json prints what was linked', async () => {
    expect(await printed(linked, true)).toEqual({ code: 0, lines: [], objects: [linked] });
  });

  it('without tfjs-node says how to get it, with exit code 2', async () => {
    const cwd = mkdtempSync(path.join(tmpdir(), 'foretoken-cli-'));
    const { code, stdout, stderr } = await runBin(['engine', 'link-tensorflow'], { cwd });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^ENGINE_UNAVAILABLE: .*not installed: .* Run npm install --ignore-scripts .* first\.\n$/);
  });

  it('refuses another package with exit code 2, and fails with 1 where the work itself fails', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'foretoken-cli-'));
    mkdirSync(path.join(folder, 'other'));
    writeFileSync(path.join(folder, 'other/package.json'), '{ "name": "other", "version": "1.0.0" }');
    const refused = await runBin(['engine', 'link-tensorflow', '--package', path.join(folder, 'other')]);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringMatching(/^OPTIONS_INVALID: .* is other\.\n$/)]);
    const { exitCodeOf } = await import('../process/exit-code.ts');
    expect([exitCodeOf('ENGINE_BUILD_FAILED'), exitCodeOf('ENGINE_FAILED')]).toEqual([1, 1]);
  });

  it('engine --help lists it', async () => {
    const { code, stdout } = await runBin(['engine', '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ {2}link-tensorflow /m);
  });
});
