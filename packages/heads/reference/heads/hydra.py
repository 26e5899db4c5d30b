"""Ankner et al. 2024, arXiv:2402.05109, sec. 3: head k is an MLP over the last hidden state and the embeddings of all
tokens between it and its own: f_k([h_t; E x_{t+1}; ...; E x_{t+k}]), the true ones in training.

Head k is offset k + 1, and offset 1 the language model itself. The MLP is made of residual SiLU layers x + SiLU(W x); the
first reads the concatenation and adds to h_t, `layers` of them in a row. Not in the paper: `norm` (on by default), an RMS
norm of h_t and one of every embedding before the first layer.
"""

import torch
from torch.nn.functional import silu

from blocks import WIDTH, offset_losses, rms_norm

CASES = {
    "plain": {"options": {}},
    "paper": {"options": {"norm": False}},
    "two-layers": {"options": {"layers": 2}},
    "replicated": {"options": {}, "readout": "replicated"},
    "one": {"options": {}, "horizon": 1},
}


def run(model, options):
    h = model.text_states()[-1]
    hidden = {1: h}
    for i in range(2, model.horizon + 1):
        embeddings = [model.embed(model.text.ahead(j)) for j in range(1, i)]
        inputs = [h, *embeddings]
        if options.get("norm", True):
            state, token = model.p(f"head/state-norm.{i}", WIDTH), model.p(f"head/token-norm.{i}", WIDTH)
            inputs = [rms_norm(h, state), *(rms_norm(e, token) for e in embeddings)]
        x = h + silu(torch.cat(inputs, -1) @ model.p(f"head/layers.{i}.1", i * WIDTH, WIDTH))
        for layer in range(2, options.get("layers", 1) + 1):
            x = x + silu(x @ model.p(f"head/layers.{i}.{layer}", WIDTH, WIDTH))
        hidden[i] = x
    return hidden, offset_losses(model, hidden)
