"""What all model recipes share: sensitive random weights, inputs, and the recording itself.

A plainly initialised model hides most porting faults: unit gammas, zero biases and flat attention make swapped norms,
dropped biases and a wrong GELU invisible. So every parameter here is random, and attention is sharpened.
"""

import json

import torch

from crosswalk_recorder import record
from crosswalk_recorder.pytorch import load, weight_hashes

TOKENS = 12


def fill(module, seed):
    """Gives every parameter a random value of a telling size: gammas 1 ± 0.2, biases 0.2, matrices by fan-in."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for inner in module.modules():
            for name, parameter in inner.named_parameters(recurse=False):
                noise = torch.randn(parameter.shape, generator=generator)
                parameter.copy_(scaled(noise, inner, name))
    return module.eval()


def scaled(noise, module, name):
    """The random value of one parameter; embeddings are small, so that a norm's epsilon can be seen."""
    if isinstance(module, torch.nn.LayerNorm) and name == "weight":
        return 1 + 0.2 * noise
    if isinstance(module, torch.nn.Embedding):
        return 0.1 * noise
    if noise.dim() == 1:
        return 0.2 * noise
    fan_in = noise.shape[0] if type(module).__name__ == "Conv1D" else noise.shape[-1]
    return noise * fan_in ** -0.5


def token_inputs(vocabulary, seed, left=False):
    """Two rows of TOKENS ids; the second is padded by three, on the right or on the left."""
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(4, vocabulary, (2, TOKENS), generator=generator)
    mask = torch.ones(2, TOKENS, dtype=torch.int64)
    padded = slice(0, 3) if left else slice(TOKENS - 3, TOKENS)
    mask[1, padded], ids[1, padded] = 0, 0
    return {"input_ids": ids, "attention_mask": mask}


def top_level(module):
    """The names that a reduced fixture keeps as nodes: the model's own children."""
    return [name for name, _ in module.named_children()]


def save_bin(model, folder, tensors=None, name="pytorch_model.bin"):
    """Writes config.json and a PyTorch zip of the state dict, as save_pretrained did before safetensors."""
    folder.mkdir(parents=True, exist_ok=True)
    model.config.architectures = [type(model).__name__]
    model.config.save_pretrained(folder)
    torch.save(model.state_dict() if tensors is None else tensors, folder / name)


def record_folder(folder, inputs, full=False, model=None):
    """Records the fixture from what was written, read back by transformers: the files alone decide."""
    model = model or load(folder)
    settings = {"weights": weight_hashes(folder)}
    record(model, inputs, folder / "fixture.h5", nodes=["*"] if full else top_level(model), details=False,
           settings=settings)


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2) + "\n")
