import { describeRollback } from './describe-rollback.fixture.ts';

describeRollback('cpu', 6);
