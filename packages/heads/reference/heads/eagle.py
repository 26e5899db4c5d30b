"""EAGLE-1: Li et al. 2024, arXiv:2401.15077, sec. 4. EAGLE-3: Li et al. 2025, arXiv:2503.01840, sec. 3.

The draft layer reads the feature of position t with the token at t+1 and gives a, an estimate of the feature at t+1:
    a = Layer(FC([norm(f_t); norm(e_{t+1})])),    p(x_{t+2}) = LM head(a).
EAGLE-1: f is the trunk's output. EAGLE-3: f = FC([low; middle; high states]). It goes on from its own a and the next token;
training does as decoding will ("training-time test", fig. 6): what step s (s = 0, 1, ..) computes for column t sits at
position t + s and sees the true steps (s = 0) of all columns up to t and the steps 1..s of its own column.

The trunk never learns from the draft (`detach`). EAGLE-1's feature loss is smooth L1 to the true feature at t+1, averaged over
positions whose successor is in the window and the document.
"""

import torch

from blocks import (ATTENTION_HEADS, KEY_VALUE_HEADS, MLP_WIDTH, VOCABULARY, WIDTH, attention, cross_entropy, rms_norm,
                    rotary)

KNOWN = [0, 2, 3, 4, 7, 9]

CASES = {
    "fused": {"options": {}, "layers": 4},
    "fused-two": {"options": {}, "layers": 4, "horizon": 2},
    "joint": {"options": {"detach": False, "taps": [0.5, 1], "featureLoss": 2}, "layers": 2},
    "output": {"options": {"features": "output", "featureLoss": 10}, "horizon": 2},
    "output-long": {"options": {"features": "output", "featureLoss": 10}},
    "draft-tokens": {"options": {"draftTokens": KNOWN}, "layers": 4, "horizon": 2},
    "one": {"options": {}, "horizon": 1},
}


class DraftLayer:
    """A transformer layer whose later steps see the first step's columns and their own column's steps."""

    def __init__(self, p, text):
        self.p, self.text = p, text
        self.keys, self.values = [], []

    def __call__(self, x):
        B, T, D = x.shape
        d, step = D // ATTENTION_HEADS, len(self.keys)
        p, positions = self.p, self.text.positions() + step
        normed = rms_norm(x, p("head/block.attention-norm", D))
        q = (normed @ p("head/block.query", D, D)).reshape(B, T, ATTENTION_HEADS, d)
        k = (normed @ p("head/block.key", D, KEY_VALUE_HEADS * d)).reshape(B, T, KEY_VALUE_HEADS, d)
        v = (normed @ p("head/block.value", D, KEY_VALUE_HEADS * d)).reshape(B, T, KEY_VALUE_HEADS, d)
        self.keys.append(rotary(k, positions))
        self.values.append(v)
        own_column = torch.eye(T, dtype=torch.bool).expand(B, T, T)
        mask = torch.cat([self.text.causal_mask()] + [own_column] * step, 2)
        mixed = attention(rotary(q, positions), torch.cat(self.keys, 1), torch.cat(self.values, 1), mask)
        y = x + mixed.reshape(B, T, D) @ p("head/block.output", D, D)
        normed = rms_norm(y, p("head/block.mlp-norm", D))
        gate, up = normed @ p("head/block.gate", D, MLP_WIDTH), normed @ p("head/block.up", D, MLP_WIDTH)
        return y + (torch.nn.functional.silu(gate) * up) @ p("head/block.down", MLP_WIDTH, D)


def feature(model, states, options):
    hold = (lambda x: x.detach()) if options.get("detach", True) else (lambda x: x)
    if options.get("features") == "output":
        return hold(states[-1])
    shares = options.get("taps", [0.25, 0.5, 0.75])
    picked = [hold(states[int(share * model.trunk_layers + 0.5)]) for share in shares]
    return torch.cat(picked, -1) @ model.p("head/fuse", len(shares) * WIDTH, WIDTH)


def draft_logits(model, a, known):
    normed = rms_norm(a, model.p("head/readout.norm", WIDTH))
    return normed @ model.p("head/readout.unembedding", WIDTH, len(known))


def draft_loss(model, offset, a, known):
    """Targets outside the draft vocabulary add nothing, but count in the mean."""
    targets = model.text.targets(offset)
    rows = torch.full((VOCABULARY,), -1)
    rows[known] = torch.arange(len(known))
    known_targets = torch.where(targets >= 0, rows[targets.clamp(min=0)], -1)
    mean_of_known = cross_entropy(draft_logits(model, a, known), known_targets)
    return mean_of_known * (known_targets >= 0).sum() / (targets >= 0).sum()


def feature_loss(text, a, true_feature, steps):
    """steps: how many positions further on the feature stands that `a` estimates."""
    total, count = 0, 0
    for b in range(text.B):
        for t in range(text.T - steps):
            if text.documents[b, t] == text.documents[b, t + steps]:
                wanted = true_feature[b, t + steps].detach()
                total = total + torch.nn.functional.smooth_l1_loss(a[b, t], wanted, reduction="mean")
                count += 1
    return total / count


def run(model, options):
    p, text = model.p, model.text
    states = model.text_states()
    hidden = {1: states[-1]}
    losses = {"offset-1": cross_entropy(model.logits(1, hidden[1]), text.targets(1))}
    if model.horizon == 1:
        return hidden, losses
    true_feature = carried = feature(model, states, options)
    layer = DraftLayer(p, text)
    for offset in range(2, model.horizon + 1):
        token = model.embed(text.ahead(offset - 1))
        if options.get("detach", True):
            token = token.detach()
        pair = [rms_norm(carried, p("head/feature-norm", WIDTH)), rms_norm(token, p("head/token-norm", WIDTH))]
        carried = hidden[offset] = layer(torch.cat(pair, -1) @ p("head/merge", 2 * WIDTH, WIDTH))
        if "draftTokens" in options:
            losses[f"offset-{offset}"] = draft_loss(model, offset, carried, options["draftTokens"])
        else:
            losses[f"offset-{offset}"] = cross_entropy(model.logits(offset, carried), text.targets(offset))
        if "featureLoss" in options:
            regression = feature_loss(text, carried, true_feature, offset - 1)
            losses[f"feature-{offset}"] = options["featureLoss"] * regression
    return hidden, losses
