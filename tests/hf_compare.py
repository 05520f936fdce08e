#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares our logits with Hugging Face transformers' on a small gpt-oss, in float64 with eager attention and
dequantised experts: at most 1e-5 relative rms. Run by hand; needs torch, transformers and numpy, which the project itself does not.

    build/routescope trace --model MODEL --tokens IDS --logits all --out ours.npz
    tests/hf_compare.py MODEL ours.npz
"""
import sys

import numpy as np
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, Mxfp4Config


def relative_difference(folder, ours):
    tokens, logits = ours["tokens"].astype(np.int64), ours["logits"].astype(np.float64)
    model = AutoModelForCausalLM.from_pretrained(
        folder, attn_implementation="eager", experts_implementation="eager",
        quantization_config=Mxfp4Config(dequantize=True), dtype=torch.float32
    ).double().eval()
    with torch.no_grad():
        theirs = model(torch.from_numpy(tokens)[None]).logits[0].double().numpy()
    spread = np.sqrt(np.mean(theirs**2))
    difference = logits - theirs
    return np.sqrt(np.mean(difference**2)) / spread, np.abs(difference).max() / spread


def main():
    folder, path = sys.argv[1:3]
    print("tokenizer:", AutoTokenizer.from_pretrained(folder).__class__.__name__)
    rms, most = relative_difference(folder, np.load(path))
    print(f"logits: difference {rms:.2e} rms, {most:.2e} at most, relative to the rms of the logits")
    sys.exit(0 if rms <= 1e-5 else 5)


if __name__ == "__main__":
    main()
