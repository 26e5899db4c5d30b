import { describeHeadContract } from '@foretoken/core/testing';
import { describeReference } from '../reference.fixture.ts';
import parallel from './parallel.ts';

describeHeadContract(parallel, 'parallel');
describeHeadContract(parallel, 'parallel', { blocks: 2 });
describeHeadContract(parallel, 'parallel', {}, { horizon: 1 });
describeReference(parallel, 'parallel');
