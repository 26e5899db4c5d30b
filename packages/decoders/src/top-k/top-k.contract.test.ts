import { describeAcceptanceRuleContract } from '@foretoken/core/testing';
import topK from './top-k.ts';

describeAcceptanceRuleContract(topK, 'top-k', { k: 2 });
