import { describeDecoderContract } from '@foretoken/core/testing';
import promptLookup from './prompt-lookup.ts';

describeDecoderContract(promptLookup, 'prompt-lookup');
