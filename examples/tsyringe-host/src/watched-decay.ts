import { type Definition, PLUGIN_API, Type, type Weighting } from '@foretoken/core/plugin';
import { inject, injectable } from 'tsyringe';
import { LossBoard } from './loss-board.ts';

/**
 * Each further offset weighs `beta` times the one before, and the application sees every loss.
 *
 * What is injected may look on but not steer: a training is repeatable where weights follow from options and state alone.
 *
 * @source the weights are those of FastMTP: Cai et al. 2025, arXiv:2509.18362, eq. 2
 */
@injectable()
export class WatchedDecay implements Definition<'weighting'> {
  readonly kind = 'weighting';
  readonly api = PLUGIN_API;
  readonly name = 'watched-decay';
  readonly description = 'Each further offset weighs beta times the one before; the application sees every loss.';
  readonly options = Type.Object({ beta: Type.Number({ minimum: 0, maximum: 1, default: 0.6 }) });

  constructor(@inject(LossBoard) private readonly board: LossBoard) {}

  create(_: unknown, { beta }: { beta: number }): Weighting<number[]> {
    return {
      start: (terms) => terms.map((_, i) => beta ** i),
      now: (weights) => weights,
      learn: (weights, { losses }) => {
        this.board.show(losses);
        return weights;
      },
    };
  }
}
