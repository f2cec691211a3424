"""Encoders of pictures."""

from . import Case

SMALL = {"image_shape": (12, 8, 3), "patch_size": 4, "num_layers": 3, "num_heads": 2, "hidden_dim": 12, "mlp_dim": 20,
         "layer_norm_epsilon": 1e-4}
BARE = {"use_mha_bias": False, "use_mlp_bias": False, "use_class_token": False, "use_patch_bias": False}
THEIRS = {"image_size": [6, 9], "patch_size": [2, 3], "num_channels": 2, "num_hidden_layers": 3, "num_attention_heads": 3,
          "hidden_size": 18, "intermediate_size": 14, "num_labels": 4}

CASES = [
    Case("vit", "ViTBackbone", SMALL, {"ViTImageClassifier": ({"num_classes": 3}, "ViTForImageClassification")},
         "ViTModel", "ViTConfig", THEIRS, ("ViTForImageClassification",), is_pooled=False),
    Case("vit", "ViTBackbone", {**SMALL, **BARE},
         {"ViTImageClassifier": ({"num_classes": 3, "pooling": "gap", "intermediate_dim": 7}, None)}, name="vit-bare"),
]
