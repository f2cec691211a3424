"""Models of pictures, and of pictures with text."""

from . import Case, heads, pixels

VISION = dict(hidden_size=24, num_hidden_layers=3, num_attention_heads=4, intermediate_size=36, image_size=16,
              patch_size=4)
"""Sixteen patches."""


def wide(model, seed=0):
    """Two pictures that are wider than high."""
    import torch
    height, width = model.config.image_size
    return {"pixel_values": torch.randn(2, 3, height, width, generator=torch.Generator().manual_seed(seed))}


CASES = [
    Case("vit", "ViTConfig", heads("ViT", "Model", "ForImageClassification"), inputs=pixels, settings={
        **VISION, "layer_norm_eps": 1e-3, "num_labels": 5}),
    Case("vit", "ViTConfig", heads("ViT", "Model", "ForImageClassification"), name="vit-unusual", inputs=pixels, settings={
        **VISION, "image_size": 18, "patch_size": 5, "num_channels": 1, "qkv_bias": False, "hidden_act": "gelu_new",
        "pooler_output_size": 10, "pooler_act": "gelu", "num_attention_heads": 8}),
    Case("vit", "ViTConfig", ["ViTModel"], name="vit-wide", inputs=wide, settings={
        **VISION, "image_size": [8, 20], "patch_size": [4, 5], "hidden_act": "relu"}),
    Case("deit", "DeiTConfig", heads("DeiT", "Model", "ForImageClassification", "ForImageClassificationWithTeacher"),
         inputs=pixels, settings={**VISION, "layer_norm_eps": 1e-4, "num_labels": 3, "qkv_bias": False}),
]
