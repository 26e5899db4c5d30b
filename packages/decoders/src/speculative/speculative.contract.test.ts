import { describeDecoderContract } from '@foretoken/core/testing';
import speculative from './speculative.ts';

describeDecoderContract(speculative, 'speculative');
