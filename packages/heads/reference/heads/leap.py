"""Liu et al. 2025 (L-MTP), arXiv:2505.17505, sec. 3: with leaps of k, head i predicts x_{t+k(i-1)+1}.

A head is Medusa's: SiLU(W h_t) + h_t on the last hidden state; head 1 is the language model itself.
"""

from blocks import offset_losses
from heads.medusa import residual_layers

CASES = {
    "plain": {"options": {}, "horizon": 5},
    "stride-3": {"options": {"stride": 3, "layers": 2}, "horizon": 4, "readout": "replicated"},
    "short": {"options": {}, "horizon": 4},
    "one": {"options": {}, "horizon": 1},
}


def run(model, options):
    h = model.text_states()[-1]
    k = options.get("stride", 2)
    hidden = {1: h}
    for i in range(2, model.horizon + 1):
        offset = k * (i - 1) + 1
        if offset <= model.horizon:
            hidden[offset] = residual_layers(model, options, offset, h)
    return hidden, offset_losses(model, hidden)
