import { describeAcceptanceRuleContract } from '@foretoken/core/testing';
import plugin from './index.ts';

describeAcceptanceRuleContract(plugin, 'block-verification');
