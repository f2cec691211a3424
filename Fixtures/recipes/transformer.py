"""The 2017 encoder-decoder as torch.nn.Transformer and its halves name it, alone and inside a whole translator."""

import math

import torch
from safetensors.torch import save_file
from torch import nn

from crosswalk_recorder import record
from crosswalk_recorder.pytorch import weight_hashes
from crosswalk_recorder.sensitive import sharpen

from .common import fill, top_level, write_json

SOURCE, TARGET = 13, 12
WIDTH, HEADS, INNER = 32, 4, 48


class PositionalEncoding(nn.Module):
    """Interleaved sinusoids, as the PyTorch tutorial has them: (1, length, width), in a buffer."""

    def __init__(self, width, length, saved):
        super().__init__()
        angles = torch.arange(length).unsqueeze(1) * torch.exp(torch.arange(0, width, 2) * (-math.log(1e4) / width))
        table = torch.stack([angles.sin(), angles.cos()], dim=-1).reshape(1, length, width)
        self.register_buffer("pe", table, persistent=saved)

    def forward(self, embedded):
        return embedded + self.pe[:, :embedded.shape[1]]


class Translator(nn.Module):
    """Embeddings scaled by sqrt(width), positions, torch.nn.Transformer, and a generator of logits."""

    def __init__(self, source_vocabulary, target_vocabulary, length, saved, **transformer):
        super().__init__()
        width = transformer["d_model"]
        self.scale = math.sqrt(width)
        self.src_embedding = nn.Embedding(source_vocabulary, width)
        self.tgt_embedding = nn.Embedding(target_vocabulary, width)
        self.positional_encoding = PositionalEncoding(width, length, saved)
        self.transformer = nn.Transformer(**transformer)
        self.generator = nn.Linear(width, target_vocabulary)

    def forward(self, src, tgt, **masks):
        src = self.positional_encoding(self.src_embedding(src) * self.scale)
        tgt = self.positional_encoding(self.tgt_embedding(tgt) * self.scale)
        return self.generator(self.transformer(src, tgt, **masks))


def settings(encoder=2, decoder=2, **changes):
    """torch.nn.Transformer's constructor arguments, which are also the config.json."""
    return {**dict(d_model=WIDTH, nhead=HEADS, num_encoder_layers=encoder, num_decoder_layers=decoder,
                   dim_feedforward=INNER, activation="relu", norm_first=False, layer_norm_eps=1e-5, bias=True,
                   batch_first=True), **changes}


def layer_settings(config):
    names = ("d_model", "nhead", "dim_feedforward", "activation", "norm_first", "layer_norm_eps", "bias", "batch_first")
    return {name: config[name] for name in names}


def final_norm(config):
    return nn.LayerNorm(config["d_model"], eps=config["layer_norm_eps"], bias=config["bias"])


def padding(length, padded):
    """True where torch should ignore: the last `padded` places of the second row."""
    mask = torch.zeros(2, length, dtype=torch.bool)
    mask[1, length - padded:] = True
    return mask


def causal(length, dtype):
    blocked = torch.ones(length, length, dtype=torch.bool).triu(1)
    return blocked if dtype is torch.bool else torch.zeros(length, length).masked_fill(blocked, float("-inf"))


def vectors(seed, length, batch_first=True):
    shape = (2, length, WIDTH) if batch_first else (length, 2, WIDTH)
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def query_and_key(module, name):
    attention = module.get_submodule(name)
    tensors = [attention.in_proj_weight] + ([] if attention.in_proj_bias is None else [attention.in_proj_bias])
    return [t[:2 * attention.embed_dim] for t in tensors]


def finish(folder, module, config, inputs, seed, file="model.pt", full=False):
    """Fills the module, saves its state dict and config, and records it."""
    folder.mkdir(parents=True, exist_ok=True)
    sharpen(fill(module, seed), inputs, query_and_key)
    if file.endswith(".safetensors"):
        save_file({k: v.contiguous() for k, v in module.state_dict().items()}, folder / file, {"format": "pt"})
    else:
        torch.save(module.state_dict(), folder / file)
    write_json(folder / "config.json", {"model_type": "transformer", **config})
    record(module, inputs, folder / "fixture.h5", nodes=["*"] if full else top_level(module), details=False,
           settings={"weights": weight_hashes(folder)})


def whole(seed, file, full=False, mask=torch.float32, **changes):
    """torch.nn.Transformer itself, with every padding mask and a causal one."""
    def make(folder):
        config = settings(**changes)
        first = config["batch_first"]
        inputs = {"src": vectors(seed, SOURCE, first), "tgt": vectors(seed + 1, TARGET, first),
                  "tgt_mask": causal(TARGET, mask), "src_key_padding_mask": padding(SOURCE, 4),
                  "tgt_key_padding_mask": padding(TARGET, 2), "memory_key_padding_mask": padding(SOURCE, 4)}
        if mask is torch.float32:  # torch wants a padding mask of the attention mask's type
            inputs["tgt_key_padding_mask"] = torch.zeros(2, TARGET).masked_fill(padding(TARGET, 2), float("-inf"))
        finish(folder, nn.Transformer(**config), config, inputs, seed, file, full)
    return make


def encoder(seed, norm, file, **changes):
    """torch.nn.TransformerEncoder alone."""
    def make(folder):
        config = settings(decoder=0, **changes)
        layer = nn.TransformerEncoderLayer(**layer_settings(config))
        module = nn.TransformerEncoder(layer, config["num_encoder_layers"], final_norm(config) if norm else None,
                                       enable_nested_tensor=False)
        inputs = {"src": vectors(seed, SOURCE), "src_key_padding_mask": padding(SOURCE, 4)}
        if not norm:
            inputs["mask"] = causal(SOURCE, torch.bool)
        finish(folder, module, config, inputs, seed, file)
    return make


def decoder(folder):
    """torch.nn.TransformerDecoder alone, with a memory given and a memory mask."""
    config = settings(encoder=0, layer_norm_eps=1e-3)
    module = nn.TransformerDecoder(nn.TransformerDecoderLayer(**layer_settings(config)), 2, final_norm(config))
    near = (torch.arange(TARGET).unsqueeze(1) - torch.arange(SOURCE).unsqueeze(0)).abs() > 6
    inputs = {"tgt": vectors(34, TARGET), "memory": vectors(35, SOURCE), "tgt_mask": causal(TARGET, torch.bool),
              "memory_mask": near, "memory_key_padding_mask": padding(SOURCE, 2)}
    finish(folder, module, config, inputs, 34)


def translator(seed, saved, file, **changes):
    """The whole translator from ids to logits; its positions are in the file, or computed and not saved."""
    def make(folder):
        config = settings(**changes)
        generator = torch.Generator().manual_seed(seed)
        inputs = {"src": torch.randint(1, 61, (2, SOURCE), generator=generator),
                  "tgt": torch.randint(1, 53, (2, TARGET), generator=generator),
                  "tgt_mask": causal(TARGET, torch.bool), "src_key_padding_mask": padding(SOURCE, 4),
                  "tgt_key_padding_mask": padding(TARGET, 3), "memory_key_padding_mask": padding(SOURCE, 4)}
        around = {"scale_embedding": True, "positional_encoding": "sinusoidal"}
        finish(folder, Translator(61, 53, 20, saved, **config), {**config, **around}, inputs, seed, file)
    return make


RECIPES = {
    "transformer-post-norm": whole(30, "model.pt", full=True),
    "transformer-pre-norm": whole(31, "model.safetensors", mask=torch.bool, norm_first=True, activation="gelu",
                                  bias=False),
    "transformer-batch-second": whole(36, "model.pt", mask=torch.bool, batch_first=False, activation="gelu"),
    "transformer-encoder": encoder(32, True, "model.pt", norm_first=True),
    "transformer-encoder-no-norm": encoder(33, False, "model.safetensors", activation="gelu"),
    "transformer-decoder": decoder,
    "transformer-translator": translator(38, True, "model.pt"),
    "transformer-translator-no-table": translator(39, False, "model.safetensors", norm_first=True),
}
