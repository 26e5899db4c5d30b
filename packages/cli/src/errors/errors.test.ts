import { ERROR_CODES } from '@foretoken/engine/errors';
import { Ansis } from 'ansis';
import { describe, expect, it } from 'vitest';
import type { CommandContext } from '../process/context.ts';
import { run } from './errors.ts';

async function printed(operands: readonly string[], isJson = false): Promise<unknown> {
  const lines: string[] = [];
  let json: unknown;
  const context = {
    print: (text: string) => lines.push(text),
    printJson: (value: unknown) => (json = value),
    isJson,
    colours: new Ansis(0),
  } as unknown as CommandContext;
  expect(await run(context, operands)).toBe(0);
  return isJson ? json : lines.join('\n');
}

const full = {
  code: 'DISK_FULL',
  ...ERROR_CODES.DISK_FULL,
  exitCode: 2,
};

describe('foretoken errors', () => {
  it('says of a code what its message names, what it means, the next step and the exit code', async () => {
    expect(await printed(['DISK_FULL'])).toBe(
      `DISK_FULL: ${full.template}\n\n` + `What it means  ${full.cause}\nNext step      ${full.next}\nExit code      2`,
    );
    expect(await printed(['DISK_FULL'], true)).toEqual(full);
  });

  it.each(['disk_full', 'DISK_FULL:', 'DISK_FULL: /runs/a could not be written.'])(
    'knows %s for a code',
    async (asked) => {
      expect(await printed([asked], true)).toEqual(full);
    },
  );

  it('lists every code with what it means', async () => {
    const text = await printed([]);
    const codes = Object.keys(ERROR_CODES);
    expect(String(text).split('\n')).toHaveLength(codes.length);
    expect(text).toContain(`\nDISK_FULL  ${full.cause}\n`);
    expect(await printed([], true)).toHaveLength(codes.length);
  });

  it.each(['DISK_EMPTY', 'toString', '__proto__'])('refuses %s, which is no code', async (asked) => {
    await expect(printed([asked])).rejects.toMatchObject({
      code: 'USAGE',
      message: `USAGE: no error code "${asked}". "foretoken errors" lists all; use one of those.`,
    });
  });
});
