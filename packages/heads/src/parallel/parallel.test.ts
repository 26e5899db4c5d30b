import { describeHeadContract } from '@foretoken/core/testing';
import parallel from './parallel.ts';

describeHeadContract(parallel, 'parallel');
