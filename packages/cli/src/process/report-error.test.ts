import { ForetokenError } from '@foretoken/engine/errors';
import { describe, expect, it } from 'vitest';
import { reportError } from './report-error.ts';

const quiet = { debug: false };

describe('reportError', () => {
  it('prints every problem of a configuration on a line of its own, and means bad input', () => {
    const problems = ['a.yaml:1:2 steps: must be >= 1, was 0', 'a.yaml:4:2 seed: must be an integer'];
    const error = new ForetokenError('CONFIG_INVALID', problems.join('; '), { problems });
    expect(reportError(error, quiet)).toEqual({
      lines: [
        'CONFIG_INVALID: a.yaml:1:2 steps: must be >= 1, was 0',
        'CONFIG_INVALID: a.yaml:4:2 seed: must be an integer',
      ],
      exitCode: 2,
    });
  });

  it('tells a failure of the work, and an interruption, from bad input', () => {
    const exitCode = (code: ConstructorParameters<typeof ForetokenError>[0]) =>
      reportError(new ForetokenError(code, 'why'), quiet).exitCode;
    expect([exitCode('TRAINING_DIVERGED'), exitCode('PLUGIN_FAILED'), exitCode('INTERRUPTED')]).toEqual([1, 1, 130]);
    expect([exitCode('DISK_FULL'), exitCode('FILE_CORRUPT'), exitCode('PLUGIN_UNKNOWN')]).toEqual([2, 2, 2]);
  });

  it('takes an aborted signal for an interruption', () => {
    const controller = new AbortController();
    controller.abort();
    expect(reportError(controller.signal.reason, quiet).exitCode).toBe(130);
  });

  it('points an unforeseen error to --debug, which prints the stacks of the causes too', () => {
    const error = new TypeError('x is not a function', { cause: new Error('deeper') });
    expect(reportError(error, quiet)).toEqual({
      lines: ['TypeError: x is not a function', expect.stringContaining('--debug')],
      exitCode: 1,
    });
    const { lines } = reportError(error, { debug: true });
    expect(lines.join('\n')).toMatch(/report-error\.test\.ts[\s\S]*caused by Error: deeper/);
    expect(lines.join('\n')).not.toContain('--debug');
  });

  it('survives a thrown value that is no error', () => {
    expect(reportError('text', quiet)).toMatchObject({ exitCode: 1, lines: ['text', expect.any(String)] });
  });
});
