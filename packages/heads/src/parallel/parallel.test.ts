import { describeHeadContract } from '@foretoken/core/testing';
import { describeReference } from '../reference.fixture.ts';
import parallel from './parallel.ts';

describeHeadContract(parallel, 'parallel');
describeReference(parallel, 'parallel');
