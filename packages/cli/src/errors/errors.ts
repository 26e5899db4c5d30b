import { ERROR_CODES, type ErrorCode, ForetokenError } from '@foretoken/engine/errors';
import type { CommandContext } from '../process/context.ts';
import { EXIT, exitCodeOf } from '../process/exit-code.ts';

/**
 * Prints what the one table says of a code, or every code with what it means.
 *
 * With `--json`, an object or an array of objects of `{ code, template, cause, next, exitCode }`.
 * @throws USAGE for what is no code
 */
export async function run(context: CommandContext, [asked]: readonly string[]): Promise<number> {
  if (asked === undefined) {
    const all = (Object.keys(ERROR_CODES) as ErrorCode[]).map(describe);
    if (context.isJson) context.printJson(all);
    else for (const { code, cause } of all) context.print(`${context.colours.bold(code)}  ${cause}`);
    return EXIT.done;
  }
  const found = describe(codeIn(asked));
  if (context.isJson) context.printJson(found);
  else context.print(explained(found, context));
  return EXIT.done;
}

const describe = (code: ErrorCode) => ({ code, ...ERROR_CODES[code], exitCode: exitCodeOf(code) });

function explained({ code, template, cause, next, exitCode }: ReturnType<typeof describe>, context: CommandContext) {
  return [
    `${context.colours.bold(code)}: ${template}`,
    '',
    `What it means  ${cause}`,
    `Next step      ${next}`,
    `Exit code      ${exitCode}`,
  ].join('\n');
}

/** A code as it is said, with the colon behind it or in small letters. */
function codeIn(asked: string): ErrorCode {
  const code = asked.trim().replace(/:.*$/s, '').toUpperCase();
  if (Object.hasOwn(ERROR_CODES, code)) return code as ErrorCode;
  throw new ForetokenError(
    'USAGE',
    `no error code ${JSON.stringify(asked)}. "foretoken errors" lists all; use one of those.`,
  );
}
