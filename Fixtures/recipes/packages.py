"""Efficient attentions as the packages of PyPI have them: small models, each with the arguments that it was made with as its config.

Only outputs are recorded, and attention where it is one table of all queries and keys: what a package computes on the way is in the
order of its blocks. Random choices that no checkpoint has, such as the rotations of hashes, are inputs.
"""

import json
from unittest import mock

import torch
from safetensors.torch import save_file

from crosswalk_recorder import pytorch
from crosswalk_recorder.files import write
from crosswalk_recorder.pytorch import run, weight_hashes
from crosswalk_recorder.recording import attributes

TOKENS = 16


def fill(module, seed):
    """Gives every parameter a random value of a telling size; buffers, such as random directions, stay."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if parameter.dim() < 2:
                parameter.add_(0.2 * noise)
            else:
                parameter.copy_(noise * (0.5 if "emb" in name else parameter.shape[-1] ** -0.5))
    return module.eval()


def ids(length=TOKENS):
    return torch.randint(0, 20, (2, length), generator=torch.Generator().manual_seed(1))


def mask(length=TOKENS, padded=5):
    kept = torch.ones(2, length, dtype=torch.bool)
    kept[1, length - padded:] = False
    return kept


def save(folder, module, config, inputs, attention=False, exact=True, state=None):
    """Saves a state_dict and its config, and records what the module computes, in both precisions if wanted."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: tensor.detach().clone().contiguous() for name, tensor in (state or module).state_dict().items()}
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    (folder / "config.json").write_text(json.dumps(config) + "\n")
    kept = ("outputs", "attention") if attention else ("outputs",)
    recorded = run(module, inputs, torch.float32, (), times=2)
    groups = {"inputs": {name: value.numpy() for name, value in inputs.items()}} | {group: recorded[group] for group in kept}
    if exact:
        exactly = run(module, inputs, torch.float64, ())
        groups |= {f"float64/{group}": exactly[group] for group in kept}
    write(folder / "fixture.h5", groups, attributes(module, pytorch, "float32", {"weights": weight_hashes(folder)}))


def linformer(folder):
    from linformer import LinformerLM
    base = dict(num_tokens=20, dim=16, seq_len=20, depth=2, heads=4, k=6)
    for name, more in {"linformer": {}, "linformer-one-head": dict(one_kv_head=True), "linformer-shared": dict(share_kv=True),
                       "linformer-reversible": dict(one_kv_head=True, share_kv=True, dim_head=6, reversible=True)}.items():
        config = base | more
        save(folder / name, fill(LinformerLM(**config), 1), config, {"x": ids()}, attention=True)


def linear(folder):
    from linear_attention_transformer import LinearAttentionTransformerLM
    base = dict(num_tokens=20, dim=16, depth=2, max_seq_len=24, heads=4, dim_head=6, local_attn_window_size=4)
    for name, more in {
            "": {}, "-causal": dict(causal=True, n_local_attn_heads=(4, 1)), "-blind": dict(causal=True, blindspot_size=4),
            "-local": dict(n_local_attn_heads=2, reversible=True), "-rotary": dict(use_rotary_emb=True, emb_dim=12, causal=True)}.items():
        config = base | more
        module = fill(LinearAttentionTransformerLM(**config), 2)
        save(folder / f"linear-attention-transformer{name}", module, config, {"x": ids(), "input_mask": mask()})


def performer(folder):
    from performer_pytorch import PerformerLM
    base = dict(num_tokens=20, dim=16, depth=2, max_seq_len=24, heads=4, dim_head=6)
    for name, more in {
            "": {}, "-causal": dict(causal=True, local_attn_heads=(4, 1), local_window_size=5),
            "-general": dict(generalized_attention=True, nb_features=13, qkv_bias=True, use_scalenorm=True),
            "-softmax": dict(no_projection=True, tie_embed=True), "-reversible": dict(reversible=True, use_rezero=True, ff_glu=True),
            "-local": dict(local_attn_heads=2, local_window_size=5, rotary_position_emb=False)}.items():
        config = base | more
        torch.manual_seed(3)
        save(folder / f"performer-pytorch{name}", fill(PerformerLM(**config), 3), config, {"x": ids(), "mask": mask()})


class Lengths(torch.nn.Module):
    """An encoder of fast_transformers that takes its masks as tensors."""

    def __init__(self, encoder, causal):
        super().__init__()
        self.encoder, self.causal = encoder, causal

    def forward(self, x, length_mask):
        from fast_transformers.attention import causal_linear_attention as causal
        from fast_transformers.masking import LengthMask, TriangularCausalMask
        product = causal.causal_dot_product
        if x.dtype == torch.float64:  # the compiled product is of float32
            product = lambda q, k, v: torch.einsum("nhle,nhse->nhls", q, k).tril() @ v  # noqa: E731
        with mock.patch.object(causal, "causal_dot_product", product):
            return self.encoder(x, attn_mask=TriangularCausalMask(x.shape[1]) if self.causal else None,
                                length_mask=LengthMask(length_mask.sum(1), max_len=x.shape[1]))


def fast_transformers(folder):
    from fast_transformers.builders import TransformerEncoderBuilder
    from fast_transformers.feature_maps import Favor
    generator = torch.Generator().manual_seed(4)
    base = dict(n_layers=2, n_heads=2, query_dimensions=8, value_dimensions=8, feed_forward_dimensions=20)
    for name, more in {"linear": {}, "causal-linear": dict(activation="gelu"), "full": dict(final_normalization=False),
                       "favor": dict(feature_map="Favor", n_dims=12)}.items():
        kind = "linear" if name == "favor" else name
        config = base | more | {"attention_type": kind}
        arguments = {key: value for key, value in config.items() if key != "n_dims"}
        if name == "favor":
            arguments["feature_map"] = Favor.factory(n_dims=12, deterministic_eval=True)
        encoder = fill(TransformerEncoderBuilder.from_kwargs(**arguments).get(), 4)
        for layer in encoder.layers if name == "favor" else ():
            layer.attention.inner_attention.feature_map.omega.normal_(generator=generator)
        inputs = {"x": torch.randn(2, TOKENS, 16, generator=generator), "length_mask": mask()}
        save(folder / f"pytorch-fast-transformers-{name}", Lengths(encoder, kind == "causal-linear"), config, inputs,
             attention=name == "full", state=encoder)


def local(folder):
    from local_attention import LocalTransformer
    base = dict(num_tokens=20, dim=16, depth=2, max_seq_len=24, heads=4, dim_head=6, local_attn_window_size=4)
    for name, more in {
            "": {}, "-around": dict(causal=False, exact_windowsize=False), "-back": dict(look_backward=2, use_xpos=True),
            "-exact": dict(causal=False, num_residual_streams=1, qk_rmsnorm=True, gate_values_per_head=True),
            "-biased": dict(use_dynamic_pos_bias=True, shared_qk=True, num_residual_streams=2)}.items():
        config = base | more
        torch.manual_seed(5)
        save(folder / f"local-attention{name}", fill(LocalTransformer(**config), 5), config, {"x": ids(14), "mask": mask(14, 3)})


class Rotated(torch.nn.Module):
    """A model of reformer-pytorch whose hashes are by rotations that are given: one layer's after the other's."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, rotations, **inputs):
        import reformer_pytorch.reformer_pytorch as package
        given = iter(rotations)
        with mock.patch.object(package.torch, "randn", lambda *shape, dtype, **_: next(given).to(dtype)):
            return self.model(**inputs)


def reformer(folder):
    """Scores of a position with itself are -5e4, where float32 is coarse: the reference is float32's own."""
    from reformer_pytorch import ReformerLM
    base = dict(num_tokens=20, dim=16, depth=2, max_seq_len=48, heads=4, dim_head=6, bucket_size=4, n_hashes=2)
    for name, more in {
            "": {}, "-causal": dict(causal=True, n_local_attn_heads=1, fixed_position_emb=True),
            "-narrow": dict(emb_dim=12, weight_tie_embedding=True, axial_position_emb=True, axial_position_shape=(12, 4)),
            "-heads": dict(random_rotations_per_head=True, one_value_head=True, use_scale_norm=True)}.items():
        config = base | more
        rows = 8 if name == "-heads" else 1
        rotations = torch.randn(2, rows, 6, 2, 4, generator=torch.Generator().manual_seed(6))
        model = fill(ReformerLM(**config), 6)
        save(folder / f"reformer-pytorch{name}", Rotated(model), config,
             {"x": ids(32), "input_mask": mask(32, 7), "rotations": rotations}, exact=False, state=model)


class Noisy(torch.nn.Module):
    """A model of sinkhorn-transformer whose noise is given: one layer's after the other's."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, noise=None, **inputs):
        import sinkhorn_transformer.sinkhorn_transformer as package
        given = iter(() if noise is None else noise)
        with mock.patch.object(package, "sample_gumbel", lambda shape, device, dtype: next(given).to(dtype)):
            return self.model(**inputs)


def sinkhorn(folder):
    from sinkhorn_transformer import SinkhornTransformerLM
    base = dict(num_tokens=20, dim=16, depth=2, max_seq_len=32, heads=4, dim_head=6, bucket_size=4)
    for name, more in {
            "": {}, "-causal": dict(causal=True, n_local_attn_heads=1), "-shared": dict(n_sortcut=3, reversible=True),
            "-iterated": dict(non_permutative=False, n_top_buckets=1, emb_dim=12),
            "-learned": dict(use_simple_sort_net=True, causal=True, ff_glu=True),
            "-learned-shared": dict(use_simple_sort_net=True, n_sortcut=3, depth=1),
            "-learned-shared-iterated": dict(use_simple_sort_net=True, n_sortcut=2, non_permutative=False, depth=1),
            "-shared-iterated": dict(n_sortcut=1, non_permutative=False, depth=1)}.items():
        config = base | more
        length = 32 if "learned-shared" in name else 24  # as many blocks as such a network was made for
        inputs = {"x": ids(length), "input_mask": mask(length, 7)}
        if "iterated" in name:
            rows = 1 if name == "-shared-iterated" else length // 4
            inputs["noise"] = torch.randn(config["depth"], 8, rows, length // 4, generator=torch.Generator().manual_seed(7))
        model = fill(SinkhornTransformerLM(**config), 7)
        save(folder / f"sinkhorn-transformer{name}", Noisy(model), config, inputs, state=model)


def make(folder):
    for recipe in (linformer, linear, performer, fast_transformers, local, reformer, sinkhorn):
        recipe(folder)
