import { definePlugin } from '@foretoken/core/plugin';
import acceptance from './acceptance/acceptance.ts';
import anneal from './anneal/anneal.ts';
import anticausal from './anticausal/anticausal.ts';
import balancer from './balancer/balancer.ts';
import causal from './causal/causal.ts';
import constant from './constant/constant.ts';
import decay from './decay/decay.ts';
import eagle from './eagle/eagle.ts';
import fixed from './fixed/fixed.ts';
import forward from './forward/forward.ts';
import gradnorm from './gradnorm/gradnorm.ts';
import hydra from './hydra/hydra.ts';
import leap from './leap/leap.ts';
import linear from './linear/linear.ts';
import medusa from './medusa/medusa.ts';
import parallel from './parallel/parallel.ts';
import plateau from './plateau/plateau.ts';
import register from './register/register.ts';
import reverse from './reverse/reverse.ts';
import schedule from './schedule/schedule.ts';
import sequential from './sequential/sequential.ts';
import tokenOrder from './token-order/token-order.ts';
import uncertainty from './uncertainty/uncertainty.ts';
import uniform from './uniform/uniform.ts';

export default definePlugin({
  provides: [
    tokenOrder,
    register,
    eagle,
    causal,
    anticausal,
    medusa,
    hydra,
    leap,
    sequential,
    linear,
    parallel,
    uniform,
    constant,
    decay,
    schedule,
    anneal,
    uncertainty,
    gradnorm,
    balancer,
    fixed,
    forward,
    reverse,
    plateau,
    acceptance,
  ],
});
