"""What Crosswalk is measured beside; run.py starts each of these in a process of its own.

Every command but `make` prints one line of JSON. Times leave out Python's start and its imports, which favours the peer.
"""

import argparse
import json
import os
import statistics
import sys
import time
from pathlib import Path

THREADS = 2
# Random weights in the shapes of well-known models: the class of transformers, and its config.
MODELS = {
    "bert-base": ("BertModel", {}),
    "minilm": ("BertModel", {"hidden_size": 384, "num_hidden_layers": 6, "intermediate_size": 1536}),
    "gpt2-small": ("GPT2LMHeadModel", {}),
}


def make(options):
    """A folder as save_pretrained writes it, and the same weights as PyTorch's own file."""
    import torch
    import transformers

    kind = getattr(transformers, MODELS[options.model][0])
    folder = Path(options.folder)
    torch.manual_seed(0)
    model = kind(kind.config_class(**MODELS[options.model][1]))
    model.save_pretrained(folder)
    if options.torch:
        # A folder of its own, as two files of weights in one folder are ambiguous.
        Path(options.torch).mkdir(parents=True)
        torch.save(model.state_dict(), Path(options.torch) / "pytorch_model.bin")
        (Path(options.torch) / "config.json").write_bytes((folder / "config.json").read_bytes())


def convert(options):
    """The script that anyone would write: read each tensor, write each as a dataset."""
    import h5py

    if options.source.endswith(".safetensors"):
        from safetensors import safe_open
    else:
        import torch
    start = time.perf_counter()
    with h5py.File(options.destination, "w") as out:
        if options.source.endswith(".safetensors"):
            with safe_open(options.source, "numpy") as file:
                for name in file.keys():
                    out.create_dataset(name.replace(".", "/"), data=file.get_tensor(name))
        else:
            for name, tensor in torch.load(options.source, weights_only=True).items():
                out.create_dataset(name.replace(".", "/"), data=tensor.numpy())
    print(json.dumps({"seconds": time.perf_counter() - start}))


def forward(options):
    """The median of several forward passes, after one to warm up, and the time to load."""
    import torch
    import transformers

    torch.set_num_threads(THREADS)
    transformers.utils.logging.disable_progress_bar()
    kind = getattr(transformers, MODELS[options.model][0])
    ids = torch.tensor(json.loads(Path(options.inputs).read_text())["input_ids"])
    start = time.perf_counter()
    model = kind.from_pretrained(options.folder, attn_implementation=options.attention).eval()
    load = time.perf_counter() - start
    more = {"use_cache": False} if options.model.startswith("gpt2") else {}
    times = []
    with torch.inference_mode():
        for _ in range(options.repeat + 1):
            start = time.perf_counter()
            model(input_ids=ids, **more)
            times.append(time.perf_counter() - start)
    print(json.dumps({"seconds": statistics.median(times[1:]), "fastest": min(times[1:]), "load": load}))


def generate(options):
    """The median of several generations of so many tokens, greedily and with a cache, after one to warm up."""
    import torch
    import transformers

    torch.set_num_threads(THREADS)
    transformers.utils.logging.disable_progress_bar()
    ids = torch.tensor(json.loads(Path(options.inputs).read_text())["input_ids"])
    model = getattr(transformers, MODELS[options.model][0]).from_pretrained(options.folder).eval()
    times = []
    with torch.inference_mode():
        for _ in range(options.repeat + 1):
            start = time.perf_counter()
            found = model.generate(ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=options.tokens,
                                   min_new_tokens=options.tokens, pad_token_id=0)
            times.append(time.perf_counter() - start)
    print(json.dumps({"seconds": statistics.median(times[1:]), "fastest": min(times[1:]), "ids": found.tolist()}))


def listing(options):
    """Names, dtypes and shapes."""
    from safetensors import safe_open

    with safe_open(options.source, "numpy") as file:
        for name in file.keys():
            part = file.get_slice(name)
            print(name, part.get_dtype(), part.get_shape())


def versions(options):
    """What the peers are."""
    import h5py
    import safetensors
    import torch
    import transformers

    found = {module.__name__: module.__version__ for module in (torch, transformers, h5py, safetensors)}
    print(json.dumps({"Python": sys.version.split()[0], **found, "PyTorch's BLAS": "MKL" if
                      torch.backends.mkl.is_available() else "other", "HDF5": h5py.version.hdf5_version}))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(required=True)

    def command(function, *arguments):
        sub = commands.add_parser(function.__name__)
        sub.set_defaults(function=function)
        for name in arguments:
            sub.add_argument(name)
        return sub

    command(make, "model", "folder").add_argument("--torch")
    command(convert, "source", "destination")
    command(forward, "model", "folder", "inputs", "attention").add_argument("--repeat", type=int, default=5)
    generating = command(generate, "model", "folder", "inputs")
    generating.add_argument("--repeat", type=int, default=1)
    generating.add_argument("--tokens", type=int, default=128)
    command(listing, "source")
    command(versions)
    options = parser.parse_args()
    options.function(options)


if __name__ == "__main__":
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    main()
