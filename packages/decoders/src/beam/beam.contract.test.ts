import { describeDecoderContract } from '@foretoken/core/testing';
import beam from './beam.ts';

describeDecoderContract(beam, 'beam');
