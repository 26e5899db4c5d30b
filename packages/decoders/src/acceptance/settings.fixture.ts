// Forms of drafts whose outcomes can be enumerated.
import type { How, Shape } from '@foretoken/core/testing';

export interface NamedShape {
  readonly name: string;
  readonly vocabulary: number;
  readonly shape: Shape;
}

/** A tree in which every node of a level has as many children. */
export function regular(children: readonly number[], how: How): Shape {
  const parent: number[] = [];
  let level = [-1];
  for (const count of children) {
    level = level.flatMap((node) => Array.from({ length: count }, () => parent.push(node) - 1));
  }
  return { parent, how: parent.map(() => how) };
}

const shape = (vocabulary: number, children: readonly number[], how: How): NamedShape => ({
  name: `V = ${vocabulary}, children ${children.join(' x ') || 'none'}, ${how}`,
  vocabulary,
  shape: regular(children, how),
});

/** Irregular, and with siblings of every kind. */
const MIXED: Shape = {
  parent: [-1, -1, -1, 0, 0, 1, 3, 3, 5],
  how: ['chosen', 'drawn', 'redrawn', 'drawn', 'chosen', 'chosen', 'redrawn', 'redrawn', 'drawn'],
};

/** Small enough for every run of the tests. */
export const SETTINGS: readonly NamedShape[] = [
  shape(3, [], 'drawn'),
  shape(2, [1, 1, 1], 'drawn'),
  shape(4, [1, 1, 1], 'drawn'),
  shape(4, [1, 1, 1], 'chosen'),
  shape(2, [2, 2, 2], 'drawn'),
  shape(3, [2, 2, 2], 'drawn'),
  shape(3, [3, 2], 'drawn'),
  shape(4, [3, 1], 'drawn'),
  shape(4, [2, 2], 'drawn'),
  shape(2, [2, 2, 1], 'redrawn'),
  shape(3, [3, 2], 'redrawn'),
  shape(4, [2, 1], 'redrawn'),
  shape(4, [3, 3, 3], 'chosen'),
  { name: 'V = 3, an irregular tree of all kinds', vocabulary: 3, shape: MIXED },
  { name: 'V = 4, an irregular tree of all kinds', vocabulary: 4, shape: MIXED },
];

/** Whole trees of the greatest width and depth; minutes. */
export const LARGE_SETTINGS: readonly NamedShape[] = [
  shape(4, [3, 1, 1], 'drawn'),
  shape(3, [3, 3, 3], 'drawn'),
  shape(4, [3, 3], 'drawn'),
  shape(4, [3, 2, 2], 'drawn'),
  shape(4, [3, 3, 3], 'drawn'),
  shape(3, [3, 3, 3], 'redrawn'),
  shape(4, [3, 3], 'redrawn'),
];

export function levels({ parent }: Shape): number {
  const level: number[] = [];
  for (const above of parent) level.push(above < 0 ? 1 : level[above] + 1);
  return Math.max(0, ...level);
}
