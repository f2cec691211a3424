"""all-MiniLM-L6-v2: a trained model, fetched and never committed; its fixture and the demo's inputs are."""

import json
import subprocess
from pathlib import Path

import torch
from tokenizers import Tokenizer

from crosswalk_recorder import record
from crosswalk_recorder.pytorch import load, weight_hashes

ROOT = Path(__file__).parents[2]
SENTENCE = "The animal didn't cross the street because it was too tired"
# Rows of padding have no training to steady them: after "A cat sat." torch's own float32 is 5e-5 off its float64 there.
# After this sentence it stays within 5e-6, so that a port can be held to 1e-5 in every row.
SHORTER = "The dog slept because it was old."


def encoded(tokenizer, sentences):
    """Inputs by argument name, padded to the longest sentence."""
    rows = tokenizer.encode_batch(sentences)
    return {"input_ids": [r.ids for r in rows], "token_type_ids": [r.type_ids for r in rows],
            "attention_mask": [r.attention_mask for r in rows]}


def make(folder):
    model_folder = ROOT / ".demo" / "minilm"
    subprocess.run([ROOT / "Fixtures" / "minilm" / "fetch.sh", model_folder], check=True)
    tokenizer = Tokenizer.from_file(str(model_folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.enable_padding()
    lines = [f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in encoded(tokenizer, [SENTENCE]).items()]
    (folder / "inputs.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
    model = load(model_folder)
    inputs = {k: torch.tensor(v) for k, v in encoded(tokenizer, [SENTENCE, SHORTER]).items()}
    record(model, inputs, folder / "fixture.h5", details=False, float64=("outputs", "nodes"),
           outputs=("last_hidden_state", "pooler_output"), nodes=("embeddings", "encoder.layer.?", "pooler"),
           settings={"weights": weight_hashes(model_folder), "sentences": [SENTENCE, SHORTER]})
