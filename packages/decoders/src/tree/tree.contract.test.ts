import { describeDecoderContract } from '@foretoken/core/testing';
import tree from './tree.ts';

describeDecoderContract(tree, 'tree');
