import { describeGreedyParity } from './parity.fixture.ts';

// 500,000 tokens over all pairs of a drafting head and a way to decode that keeps greedy.
describeGreedyParity({ prompts: 48, maxRows: 36, leastTokens: 500_000 });
