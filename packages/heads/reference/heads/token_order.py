"""TOP: Zuhri et al. 2025, arXiv:2508.19228, sec. 3.

A second unembedding beside the next token's, on the same normed state. Target scores at t: a token whose next occurrence is d
tokens ahead (0 < d <= W) scores W - d, every other token -infinity. Loss: ListNet's top-1 form (Cao et al. 2007),
-sum softmax(scores) log softmax(logits). Occurrences count within the document, as far as the window and the tokens
behind it are known; a position without any has no loss.
"""

import math

import torch

from blocks import VOCABULARY, WIDTH, cross_entropy, rms_norm

CASES = {
    "window-3": {"options": {"window": 3}, "horizon": 1},
    "wide": {"options": {}, "horizon": 1, "maxOffset": 3},
    "next": {"options": {"window": 1}, "horizon": 1},
}


def scores(text, b, t, window):
    result = torch.full((VOCABULARY,), -math.inf)
    for distance in range(min(window, text.T + text.max_offset - 1 - t), 0, -1):
        if text.documents[b, t + distance] == text.documents[b, t]:
            result[text.tokens[b, t + distance]] = window - distance
    return result


def run(model, options):
    text = model.text
    z = model.text_states()[-1]
    logits = rms_norm(z, model.p("readout/norm", WIDTH)) @ model.p("head/unembedding", WIDTH, VOCABULARY)
    losses = []
    for b in range(text.B):
        for t in range(text.T):
            wanted = scores(text, b, t, options.get("window", 128))
            if wanted.max() > -math.inf:
                losses.append(-(torch.softmax(wanted, -1) * torch.log_softmax(logits[b, t], -1)).sum())
    return {1: z}, {
        "offset-1": cross_entropy(model.logits(1, z), text.targets(1)),
        "order": torch.stack(losses).mean(),
    }
