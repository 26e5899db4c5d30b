import { buildNative } from '@foretoken/engine/build-native';
import { ForetokenError } from '@foretoken/engine/errors';
import type { BuildOptions } from '../commands/engine.ts';
import type { CommandContext } from '../process/context.ts';
import { EXIT } from '../process/exit-code.ts';

/** Builds the native engine's addon and says how long that took. */
export async function run(context: CommandContext, _: readonly string[], options: BuildOptions): Promise<number> {
  const result = await buildNative({ force: options.force === true, log: context.say });
  if (context.isJson) context.printJson(result);
  if (!result.built) throw new ForetokenError('ENGINE_BUILD_FAILED', `native: ${result.reason}`);
  if (!context.isJson)
    context.print(result.seconds === 0 ? UP_TO_DATE : `Built in ${result.seconds?.toFixed(0)} s: ${NEXT}`);
  return EXIT.done;
}

const NEXT = 'the native engine runs by default now.';
const UP_TO_DATE = 'The native engine is built and up to date; --force builds it anew.';
