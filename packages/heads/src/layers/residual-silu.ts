// B rows, T positions, D width, I width of a layer's input.
import { type HeadContext, type Tensor2D, type Tensor3D, Type } from '@foretoken/core/plugin';

/** The option `layers` of heads made of residual SiLU layers. */
export const layersOption = () =>
  Type.Integer({ minimum: 1, default: 1, description: 'Residual SiLU layers in a row of each further offset.' });

/**
 * Medusa's layers in a row: x + SiLU(x W). Every W starts at zero, so that the first thing they say is x.
 *
 * @param name - of the weights, as in `layers.2`: `.1`, `.2`, ... are added
 * @param layers - how many, >= 1
 * @param inputs - I of the first layer, where it reads something else than x: the result is then a function of both
 * @returns x_BTD and the first layer's input_BTI (default x) to the last layer's output
 * @source Cai et al. 2024, arXiv:2401.10774, sec. 2.1.1
 */
export function createResidualSilu(
  { ops, param, dims: { width } }: HeadContext,
  name: string,
  layers: number,
  inputs = width,
): (x_BTD: Tensor3D, input_BTI?: Tensor3D) => Tensor3D {
  const weights_ID = Array.from({ length: layers }, (_, i) =>
    param<Tensor2D>(`${name}.${i + 1}`, [i === 0 ? inputs : width, width], { kind: 'zeros' }),
  );
  return (first_BTD, input_BTI = first_BTD) =>
    weights_ID.reduce((x_BTD, weight_ID, i) => {
      const step_BTD = ops.linear(i === 0 ? input_BTI : x_BTD, weight_ID);
      return ops.silu(step_BTD, { residual: x_BTD });
    }, first_BTD);
}
