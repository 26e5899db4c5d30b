"""Writes fixtures/<head>-<case>.json: `python3 generate.py` for all, `python3 generate.py sequential` for one head.

Every file of heads/ is one head: `CASES` by name and `run(model, options)`, which gives hidden states by offset and loss
terms by name. A case may set options, horizon, readout, layers (of the trunk) and draws (what the batch's random stream
gives, in order). The README says what a fixture holds.
"""

import importlib
import json
import sys
from pathlib import Path

import torch

sys.dont_write_bytecode = True
import blocks  # noqa: E402

HERE = Path(__file__).parent


def numbers(tensor):
    return [float(f"{x:.10g}") for x in tensor.detach().flatten().tolist()]


def fixture(head, module, case):
    horizon = case.get("horizon", 3)
    max_offset = case.get("maxOffset", horizon)
    text = blocks.small_text(max_offset)
    readout, layers = case.get("readout", "shared"), case.get("layers", 1)
    p, draws = blocks.Parameters(), case.get("draws", [])
    model = blocks.Model(p, text, horizon, readout == "replicated", layers, list(draws))
    hidden, terms = module.run(model, case["options"])
    sum(terms.values()).backward()
    return {
        "head": {"name": head, "horizon": horizon, **case["options"]},
        "model": {"readout": readout, "trunkLayers": layers, "maxOffset": max_offset},
        "text": {"T": text.T, "tokens": text.tokens.tolist(), "documents": text.documents.tolist()},
        "draws": draws,
        "parameters": {
            name: {"shape": list(weight.shape), "values": [round(x * blocks.UNIT) for x in weight.flatten().tolist()]}
            for name, weight in p.by_name.items()
        },
        "hidden": {str(offset): numbers(state) for offset, state in hidden.items()},
        "losses": {name: loss.item() for name, loss in terms.items()},
        "gradientNorms": {
            name: 0.0 if weight.grad is None else weight.grad.norm().item()
            for name, weight in p.by_name.items()
        },
    }


def text_of(data):
    """JSON with one line for each list of numbers."""
    entries = []
    for key, value in data.items():
        if isinstance(value, dict):
            inner = ",\n".join(f"    {json.dumps(k)}: {json.dumps(v)}" for k, v in value.items())
            entries.append(f"  {json.dumps(key)}: {{\n{inner}\n  }}")
        else:
            entries.append(f"  {json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(entries) + "\n}\n"


def main(wanted):
    known = sorted(path.stem.replace("_", "-") for path in (HERE / "heads").glob("*.py"))
    if set(wanted) - set(known):
        sys.exit(f"no reference for {', '.join(sorted(set(wanted) - set(known)))}; known: {', '.join(known)}")
    for head in wanted or known:
        module = importlib.import_module("heads." + head.replace("-", "_"))
        for name, case in module.CASES.items():
            path = HERE / "fixtures" / f"{head}-{name}.json"
            path.write_text(text_of(fixture(head, module, case)))
            print(path.relative_to(HERE))


main(sys.argv[1:])
