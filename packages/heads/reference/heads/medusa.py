"""Cai et al. 2024, arXiv:2401.10774, sec. 2.1.1: p^(k)_t = softmax(W2^(k) (SiLU(W1^(k) h_t) + h_t)).

h_t is the last hidden state; head k is offset k + 1, and offset 1 the language model itself. `layers`: as many W1 in a
row. In the paper h_t is the state after the final norm; here the norm is part of the readout, and so is a copy of it of
W2^(k). Not in the paper: `from: block` (h_t is the output of a transformer layer on the trunk), `readout: shared` (all
offsets have offset 1's), `draftTokens` (W2^(k) has rows for these tokens alone; other targets add nothing to the mean).
"""

import torch
from torch.nn.functional import silu

from blocks import WIDTH, VOCABULARY, block, cross_entropy, rms_norm

CASES = {
    "plain": {"options": {}},
    "two-layers": {"options": {"layers": 2}},
    "shared": {"options": {"readout": "shared"}},
    "draft-tokens": {"options": {"draftTokens": [7, 0, 3, 4, 9, 1]}},
    "from-block": {"options": {"from": "block"}},
    "one": {"options": {}, "horizon": 1},
}


def run(model, options):
    h = model.text_states()[-1]
    if options.get("from") == "block":
        h = block(model.p, "head/block", h, model.text.positions(), model.text.causal_mask())
    hidden = {1: h}
    losses = {"offset-1": cross_entropy(model.logits(1, h), model.text.targets(1))}
    for i in range(2, model.horizon + 1):
        hidden[i] = residual_layers(model, options, i, h)
        losses[f"offset-{i}"] = draft_loss(model, options, i, hidden[i])
    return hidden, losses


def residual_layers(model, options, offset, x):
    """SiLU(W1 x) + x, as often as there are layers."""
    for layer in range(1, options.get("layers", 1) + 1):
        x = silu(x @ model.p(f"head/layers.{offset}.{layer}", WIDTH, WIDTH)) + x
    return x


def draft_loss(model, options, offset, hidden):
    targets = model.text.targets(offset)
    if options.get("readout") == "shared":
        return cross_entropy(model.logits(offset, hidden), targets)
    tokens = options.get("draftTokens", list(range(VOCABULARY)))
    normed = rms_norm(hidden, model.p(f"head/readout.{offset}.norm", WIDTH))
    log_p = torch.log_softmax(normed @ model.p(f"head/readout.{offset}.unembedding", WIDTH, len(tokens)), -1)
    total, valid = 0, 0
    for b in range(model.text.B):
        for t in range(model.text.T):
            target = int(targets[b, t])
            valid += target >= 0
            if target in tokens:
                total = total - log_p[b, t, tokens.index(target)]
    return total / valid
