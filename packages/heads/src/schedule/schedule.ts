import { defineWeighting, ForetokenError, type Static, Type } from '@foretoken/core/plugin';
import { namedWeights, startTerms, weighTerms } from '../term-weights/term-weights.ts';

const Point = Type.Object({
  at: Type.Number({ minimum: 0, maximum: 1, description: 'Share of the run’s steps that are done.' }),
  weight: Type.Number({ minimum: 0, description: 'Weight of offsets 2 and further from there on.' }),
});
type Point = Static<typeof Point>;

/**
 * One weight for all offsets from 2 on, which changes as training goes; offset 1 weighs 1.
 *
 * @source DeepSeek-AI 2024 (DeepSeek-V3), arXiv:2412.19437, sec. 4.2: .3, then .1 for the last third of the tokens
 */
export default defineWeighting({
  name: 'schedule',
  description: 'One weight for offsets 2 and further that changes over training, .3 to .1 by default.',
  options: Type.Object({
    points: Type.Array(Point, {
      minItems: 1,
      default: [
        { at: 0, weight: 0.3 },
        { at: 1, weight: 0.1 },
      ],
      description: 'Weights by share of training, in ascending order; before the first its weight holds.',
    }),
    between: Type.Union([Type.Literal('linear'), Type.Literal('hold')], {
      default: 'linear',
      description: 'Between two points: a straight line, or the weight of the earlier one.',
    }),
    terms: namedWeights,
  }),
  create(_, { points, between, terms: named }) {
    refuseDisorder(points);
    return {
      start: (terms: readonly string[]) => startTerms('schedule', terms, named),
      now(terms: string[], { step, steps }) {
        const further = weightAt(points, step / steps, between);
        return weighTerms(terms, named, (offset) => (offset === 1 ? 1 : further));
      },
    };
  },
});

function weightAt(points: readonly Point[], share: number, between: 'linear' | 'hold'): number {
  const next = points.findIndex(({ at }) => at > share);
  if (next === 0) return points[0].weight;
  const [from, to] = [points.at(next < 0 ? -1 : next - 1) as Point, points[next]];
  if (to === undefined || between === 'hold') return from.weight;
  return from.weight + ((to.weight - from.weight) * (share - from.at)) / (to.at - from.at);
}

/** @throws OPTIONS_INVALID */
function refuseDisorder(points: readonly Point[]): void {
  const late = points.findIndex(({ at }, i) => i > 0 && at <= points[i - 1].at);
  if (late < 0) return;
  throw new ForetokenError(
    'OPTIONS_INVALID',
    `weighting "schedule": points must ascend, and points.${late}.at is ${points[late].at} after ${points[late - 1].at}. Put them in order.`,
  );
}
