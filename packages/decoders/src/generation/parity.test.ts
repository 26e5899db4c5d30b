import { describeGreedyParity } from './parity.fixture.ts';

// A share of the slow suite: 20,000 tokens, every pair with some of the heads.
describeGreedyParity({ prompts: 7, maxRows: 5, subjectsPerModel: 4, leastTokens: 20_000 });
