import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createProgram, runProgram } from '../program.ts';

const SAYS =
  /^FILE_READ: the working folder could not be read: ENOENT.*uv_cwd\. It was deleted .* Change into a folder that is there \(cd\), /;

/** Every command that does something, by its words. */
function commandsOf(command: Command, words: readonly string[] = []): (readonly [words: readonly string[], Command])[] {
  if (command.commands.length === 0) return [[words, command]];
  return command.commands.flatMap((inner) => commandsOf(inner, [...words, inner.name()]));
}

const commands = commandsOf(createProgram('0'));

describe('in a folder that was deleted', () => {
  it.each(commands.map(([words, command]) => ({ name: words.join(' '), words, command })))(
    '$name says so, what to do, and that the input is bad',
    async ({ words, command }) => {
      vi.spyOn(process, 'cwd').mockImplementation(() => {
        throw Object.assign(new Error('ENOENT: no such file or directory, uv_cwd'), { code: 'ENOENT' });
      });
      const said: string[] = [];
      vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0);
      const { exitCode } = process;
      onTestFinished(() => {
        process.exitCode = exitCode;
      });
      const operands = command.registeredArguments.filter(({ required }) => required).map(() => 'x');
      const options = command.options.filter(({ mandatory }) => mandatory).flatMap(({ long }) => [long!, 'x']);
      expect(await runProgram(createProgram('0'), [...words, ...operands, ...options])).toBeUndefined();
      expect(said.join('')).toMatch(SAYS);
      expect(process.exitCode).toBe(2);
    },
  );

  it('the command as it is started says it on one line, and nothing else', () => {
    const bin = fileURLToPath(new URL('../../dist/bin.js', import.meta.url));
    const folder = mkdtempSync(path.join(tmpdir(), 'foretoken-deleted-'));
    const line = 'cd "$1" && rmdir "$1" && exec "$2" "$3" doctor';
    const { status, stdout, stderr } = spawnSync('sh', ['-c', line, 'sh', folder, process.execPath, bin], {
      encoding: 'utf8',
    });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(SAYS);
    expect(stderr.trimEnd()).not.toContain('\n');
  });

  it('help needs none', async () => {
    vi.spyOn(process, 'cwd').mockImplementation(() => {
      throw new Error('ENOENT');
    });
    vi.spyOn(process.stdout, 'write').mockImplementation(() => true);
    expect(await runProgram(createProgram('0'), ['train', '--help'])).toBe(0);
  });
});
