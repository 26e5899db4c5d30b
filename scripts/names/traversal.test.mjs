import { describeEscapes } from './escapes.fixture.mjs';

// Every twelfth name here; all of them in traversal.slow.test.mjs.
describeEscapes(12);
