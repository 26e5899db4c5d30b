import { linkTensorflow } from '@foretoken/engine/link-tensorflow';
import type { LinkTensorflowOptions } from '../commands/engine.ts';
import type { CommandContext } from '../process/context.ts';
import { EXIT } from '../process/exit-code.ts';

/** Builds tfjs-node's binding and says what it was built with. */
export async function run(
  context: CommandContext,
  _: readonly string[],
  options: LinkTensorflowOptions,
): Promise<number> {
  const { tensorflow, package: folder } = options;
  const linked = await linkTensorflow({ tensorflow, package: folder, say: context.say });
  if (context.isJson) context.printJson(linked);
  else {
    const device = linked.device === 'gpu' ? 'the GPU' : 'the processor';
    context.print(`TensorFlow ${linked.tensorflow.version} runs on ${device}: use --engine tensorflow.`);
  }
  return EXIT.done;
}
