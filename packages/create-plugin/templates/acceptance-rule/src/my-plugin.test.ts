import { describeAcceptanceRuleContract } from '@foretoken/core/testing';
import plugin from './my-plugin.ts';

describeAcceptanceRuleContract(plugin, 'my-plugin', {
  share: 0.4,
});
