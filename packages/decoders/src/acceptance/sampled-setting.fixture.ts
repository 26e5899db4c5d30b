// The tables that sequences are sampled from. V = 4.

import { markovTables } from '@foretoken/core/testing';
import { regular } from './settings.fixture.ts';

/** Tokens of a sequence that are compared. */
export const LENGTH = 3;

/** In hundredths, by the token before: none, 0, 1, 2, 3. Each has a rare token: what is small shows there. */
const MODEL = [
  [45, 33, 20, 2],
  [10, 60, 2, 28],
  [40, 3, 37, 20],
  [2, 31, 29, 38],
  [33, 24, 40, 3],
];

/** Heads of two levels, the second wronger than the first. */
const HEADS = [
  [
    [30, 30, 15, 25],
    [20, 40, 20, 20],
    [30, 20, 30, 20],
    [15, 25, 35, 25],
    [30, 30, 20, 20],
  ],
  [
    [20, 20, 30, 30],
    [30, 20, 20, 30],
    [20, 20, 20, 40],
    [25, 15, 40, 20],
    [20, 40, 20, 20],
  ],
];

export const TABLES = markovTables(MODEL, HEADS);
export const CHAIN = regular([1, 1], 'drawn');
export const TREE = regular([2, 1], 'drawn');
