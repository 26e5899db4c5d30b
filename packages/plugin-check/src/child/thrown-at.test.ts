import { expect, it } from 'vitest';
import { thrownAt } from './thrown-at.ts';

const FOLDER = '/tmp/a package/node_modules/echo';

/** An error with these lines for a stack. */
function failed(message: string, frames: readonly string[], cause?: unknown): Error {
  const error = new Error(message, { cause });
  error.stack = [`Error: ${message}`, ...frames.map((frame) => `    at ${frame}`)].join('\n');
  return error;
}

const inHead = 'Object.forward (file:///tmp/a%20package/node_modules/echo/dist/echo.js:12:34)';
const inRule = `file://${FOLDER.replace(' ', '%20')}/dist/deep/rule.js:3:1`;
const inFramework = 'guarded (file:///tmp/host/core/dist/guard.js:7:9)';

it('names the innermost line of the package, below the framework and above it', () => {
  const error = failed('no rank', [inFramework, inRule, inHead, inFramework]);
  expect(thrownAt(error, FOLDER)).toEqual({
    at: 'dist/deep/rule.js:3',
    stack: [
      'Error: no rank',
      `    at ${inFramework}`,
      '    at dist/deep/rule.js:3:1',
      '    at Object.forward (dist/echo.js:12:34)',
      `    at ${inFramework}`,
    ].join('\n'),
  });
});

it('prefers what was thrown first, and keeps the stacks of all', () => {
  const first = failed('first', [inRule]);
  const { at, stack } = thrownAt(failed('about it', [inHead], failed('between', [inFramework], first)), FOLDER)!;
  expect(at).toBe('dist/deep/rule.js:3');
  expect(stack.match(/caused by: Error: (between|first)/g)).toHaveLength(2);
});

it('takes the paths of CommonJS modules, and says nothing where nothing of the package is on the way', () => {
  expect(thrownAt(failed('x', [`Object.<anonymous> (${FOLDER}/dist/echo.cjs:2:1)`]), FOLDER)!.at).toBe(
    'dist/echo.cjs:2',
  );
  expect(thrownAt(failed('x', [inFramework]), FOLDER)).toEqual({ stack: expect.stringContaining('guard.js') });
  expect(thrownAt('a string', FOLDER)).toBeUndefined();
});
