import { pluginOps } from '@foretoken/engine/plugin-ops';
import type { Dims } from '../../contracts/parameters.ts';
import { ParameterCounter } from '../../model/parameter-counter.ts';
import { broken } from '../contract.ts';
import type { HeadCheck } from '../head/head-case.ts';
import { buildSmallModel, type HeadCase } from '../head/head-case.ts';
import { definitionOf } from '../plugin-case.ts';

/** Arms are matched in size by these two numbers alone: a trunk that reads neither is compared with a larger model. */
export const takesItsSizes: HeadCheck = {
  title: 'has as many blocks as `dims.trunkLayers` and a last one of the sizes of `dims.lastBlock`',
  run(head) {
    const model = buildSmallModel(head);
    const { dims } = model;
    model.dispose();
    const { trunkLayers, lastBlock } = dims;
    const count = (change: Partial<Dims>) => countWeights(head, { ...dims, ...change });
    const wider = (by: number) => count({ lastBlock: { ...lastBlock, mlpWidth: lastBlock.mlpWidth + by } });
    const [start, one, two] = [count({}), wider(1), wider(2)];
    if (count({ trunkLayers: trunkLayers + 1 }) <= start)
      throw broken(head, `it has ${start} weights with ${trunkLayers} blocks and no more with another. ${MEND_LAYERS}`);
    if (one <= start || two - one !== one - start)
      throw broken(
        head,
        `it has ${start}, ${one} and ${two} weights as \`dims.lastBlock.mlpWidth\` grows by one; each must be as many ` +
          'more. Make the SwiGLU of the last block that wide, or whatever it has instead.',
      );
  },
};

const MEND_LAYERS = 'Make `dims.trunkLayers` blocks: `options.layers` counts those of the head, too.';

function countWeights(head: HeadCase, dims: Dims): number {
  const { engine } = head;
  const { definition, options } = definitionOf(head, 'trunk');
  const counter = new ParameterCounter();
  const context = { ops: pluginOps(engine.ops), param: counter.factory, dims };
  engine.tidy(() => void definition.create(context, options));
  return counter.count;
}
