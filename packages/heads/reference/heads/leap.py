"""Liu et al. 2025 (L-MTP), arXiv:2505.17505, sec. 3: with leaps of k, head i predicts x_{t+k(i-1)+1}.

A head is Medusa's: SiLU(W h_t) + h_t on the last hidden state; head 1 is the language model itself. `fill` is how the paper
decodes: what stands between two heads' predictions was predicted at an earlier position, so x_{t+o} is the further head's
prediction at position t - (its offset - o). Nothing more is trained.
"""

import torch

from blocks import offset_losses
from heads.medusa import residual_layers

CASES = {
    "plain": {"options": {}, "horizon": 5},
    "stride-3": {"options": {"stride": 3, "layers": 2}, "horizon": 4, "readout": "replicated"},
    "short": {"options": {}, "horizon": 4},
    "fill": {"options": {"fill": True}, "horizon": 5},
    "fill-stride-3": {"options": {"fill": True, "stride": 3}, "horizon": 4},
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
    losses = offset_losses(model, hidden)
    if options.get("fill"):
        hidden = filled(model, hidden)
    return hidden, losses


def filled(model, hidden):
    """Every offset up to the last: that of the next head, as many positions back as it is further off; else zero."""
    documents, all_offsets = model.text.input_documents, {}
    for offset in range(1, max(hidden) + 1):
        head = min(i for i in hidden if i >= offset)
        back = head - offset
        moved = torch.zeros_like(hidden[head])
        for b in range(model.text.B):
            for t in range(back, model.text.T):
                if documents[b, t - back] == documents[b, t]:
                    moved[b, t] = hidden[head][b, t - back]
        all_offsets[offset] = moved
    return all_offsets
