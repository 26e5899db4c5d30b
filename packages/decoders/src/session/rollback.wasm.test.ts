import { describeRollback } from './describe-rollback.fixture.ts';

describeRollback('wasm', 6);
