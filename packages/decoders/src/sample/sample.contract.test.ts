import { describeDecoderContract } from '@foretoken/core/testing';
import sample from './sample.ts';

describeDecoderContract(sample, 'sample');
