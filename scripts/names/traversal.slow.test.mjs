import { describeEscapes } from './escapes.fixture.mjs';

describeEscapes(1);
