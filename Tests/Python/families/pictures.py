"""Models of pictures, and of pictures with text."""

import torch

from . import VOCABULARY, Case, heads, pixels, tokens

VISION = dict(hidden_size=24, num_hidden_layers=3, num_attention_heads=4, intermediate_size=36, image_size=16,
              patch_size=4)
"""Sixteen patches."""
DINO = {key: value for key, value in VISION.items() if key != "intermediate_size"}


def wide(model, seed=0):
    """Two pictures that are wider than high."""
    height, width = model.config.image_size
    return {"pixel_values": torch.randn(2, 3, height, width, generator=torch.Generator().manual_seed(seed))}


def texts(model, seed=0):
    """Rows of ids that end with their token, and go on; the last has none."""
    inputs, end = tokens(model, seed), model.config.get_text_config().eos_token_id
    inputs["input_ids"][0, 7], inputs["input_ids"][0, 10] = end, end
    return inputs


def both(model, seed=0):
    """Texts, and as many pictures and one more."""
    pictures = pixels(model, seed)["pixel_values"]
    return {**texts(model, seed), "pixel_values": torch.cat([pictures, pictures[:1].flip(-1)])}


TEXT = dict(vocab_size=VOCABULARY, hidden_size=20, intermediate_size=28, num_hidden_layers=2, num_attention_heads=5,
            max_position_embeddings=14, layer_norm_eps=1e-4, bos_token_id=1, eos_token_id=59, pad_token_id=0)
LATE = {**TEXT, "hidden_act": "gelu", "eos_token_id": 2, "projection_dim": 7}
BOTH = {"text_config": TEXT, "vision_config": VISION, "projection_dim": 9}
BOTH_EQUAL = {"text_config": {**TEXT, "projection_size": 24, "hidden_act": "gelu"}, "vision_config": VISION}

CASES = [
    Case("vit", "ViTConfig", heads("ViT", "Model", "ForImageClassification"), inputs=pixels, settings={
        **VISION, "layer_norm_eps": 1e-3, "num_labels": 5}),
    Case("vit", "ViTConfig", heads("ViT", "Model", "ForImageClassification"), {
        **VISION, "image_size": 18, "patch_size": 5, "num_channels": 1, "qkv_bias": False, "hidden_act": "gelu_new",
        "pooler_output_size": 10, "pooler_act": "gelu", "num_attention_heads": 8}, "vit-unusual", pixels),
    Case("vit", "ViTConfig", ["ViTModel"], name="vit-wide", inputs=wide, settings={
        **VISION, "image_size": [8, 20], "patch_size": [4, 5], "hidden_act": "relu"}),
    Case("deit", "DeiTConfig", heads("DeiT", "Model", "ForImageClassification", "ForImageClassificationWithTeacher"),
         inputs=pixels, settings={**VISION, "layer_norm_eps": 1e-4, "num_labels": 3, "qkv_bias": False}),
    Case("clip", "CLIPConfig", ["CLIPModel"], BOTH, inputs=both),
    Case("clip", "CLIPConfig", ["CLIPForImageClassification"], {**BOTH, "num_labels": 5}, inputs=pixels),
    Case("clip", "CLIPTextConfig", heads("CLIPText", "Model", "ModelWithProjection"), TEXT, "clip-text", texts),
    Case("clip", "CLIPTextConfig", heads("CLIPText", "Model", "ModelWithProjection"), LATE, "clip-text-largest", texts),
    Case("clip", "CLIPVisionConfig", heads("CLIPVision", "Model", "ModelWithProjection"), {
        **VISION, "layer_norm_eps": 1e-3, "num_channels": 2, "hidden_act": "gelu_new", "projection_dim": 11},
         "clip-vision", pixels),
    Case("siglip", "SiglipConfig", ["SiglipModel"], BOTH_EQUAL, inputs=both),
    Case("siglip", "SiglipConfig", ["SiglipForImageClassification"], {**BOTH_EQUAL, "num_labels": 5}, inputs=pixels),
    Case("siglip", "SiglipTextConfig", ["SiglipTextModel"], {**TEXT, "projection_size": 9}, "siglip-text", texts),
    Case("siglip", "SiglipVisionConfig", ["SiglipVisionModel"], name="siglip-vision", inputs=pixels, settings={
        **VISION, "layer_norm_eps": 1e-3, "num_channels": 2, "hidden_act": "relu", "image_size": 18}),
    Case("siglip", "SiglipVisionConfig", ["SiglipVisionModel"], name="siglip-vision-headless", inputs=pixels, settings={
        **VISION, "vision_use_head": False}),
    Case("dinov2", "Dinov2Config", heads("Dinov2", "Model", "ForImageClassification"), {
        **DINO, "num_labels": 5, "layerscale_value": 0.7}, inputs=pixels),
    Case("dinov2", "Dinov2Config", heads("Dinov2", "Model", "ForImageClassification"), {
        **DINO, "use_swiglu_ffn": True, "qkv_bias": False, "use_mask_token": False, "mlp_ratio": 3,
        "layer_norm_eps": 1e-3, "drop_path_rate": 0.1}, "dinov2-gated", pixels),
]
