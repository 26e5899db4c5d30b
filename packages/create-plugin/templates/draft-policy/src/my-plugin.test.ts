import { describeDraftPolicyContract } from '@foretoken/core/testing';
import plugin from './my-plugin.ts';

describeDraftPolicyContract(plugin, 'my-plugin', {
  margin: 0.2,
});
