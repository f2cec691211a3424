"""Inputs drawn at random for a model, from what its config or its own input tensors say."""

import inspect

import numpy as np

from .checks import RecordingError

ROWS, TOKENS = 3, 48
"""Enough tokens for rotary angles to tell, and rows enough to be padded differently."""

POSITIONS = ("max_position_embeddings", "n_positions", "n_ctx", "max_source_positions", "max_target_positions",
             "max_sequence_length", "max_seq_len")


def draw(model, seed=0):
    """Inputs by name, the same for the same seed; an error for a model that says nothing of its inputs."""
    from .recording import side_of
    random = np.random.default_rng(seed)
    if side_of(model).DIALECT == "keras":
        return for_keras(model, random)
    if hasattr(model, "base_model_prefix") and hasattr(model, "config"):
        return for_transformers(model, random)
    raise RecordingError(f"{type(model).__name__} has no config to draw inputs from: give inputs by forward's argument names")


def lengths(tokens, rows=ROWS):
    """How much of each row is no padding: all of the first, and less of each that follows."""
    return [max(1, tokens - row * tokens // 8 - (row > 0)) for row in range(rows)]


# MARK: transformers


def for_transformers(model, random):
    config, arguments = model.config, inspect.signature(model.forward).parameters
    main = model.main_input_name
    if main == "input_ids" or hasattr(model, "logit_scale"):
        inputs = text(model, config.get_text_config(), arguments, random)
    else:
        inputs = {}
    if main == "pixel_values" or hasattr(model, "logit_scale") and "pixel_values" in arguments:
        inputs["pixel_values"] = pictures(getattr(config, "vision_config", None) or config, random)
    if main in ("input_features", "input_values"):
        inputs[main] = sound(config, main, random)
    if getattr(config, "is_encoder_decoder", False) and "decoder_input_ids" in arguments:
        decoder = config.get_text_config(decoder=True)
        ids = token_ids(decoder, tokens_of(decoder) * 2 // 3, random)
        start = getattr(config, "decoder_start_token_id", None)
        if isinstance(start, int):
            ids[:, 0] = start
        inputs["decoder_input_ids"] = ids[:len(next(iter(inputs.values())))]
    if not inputs:
        raise RecordingError(f"{type(model).__name__} takes {main}, which is not drawn: give it inputs")
    return inputs


def tokens_of(config):
    """How many tokens there is place for; some families begin to count positions at a small offset."""
    limits = [getattr(config, name, None) for name in POSITIONS]
    return max(4, min([TOKENS] + [limit - 4 for limit in limits if isinstance(limit, int) and limit > 0]))


def token_ids(config, tokens, random):
    """Ids of the vocabulary that are none of the special ones."""
    special = set()
    for name, value in config.to_dict().items():
        if name.endswith(("_token_id", "_token_index")):
            special.update(value if isinstance(value, list) else [value])
    ordinary = np.array([i for i in range(config.vocab_size) if i not in special] or range(config.vocab_size))
    return random.choice(ordinary, (ROWS, tokens)).astype("int64")


def text(model, config, arguments, random):
    """Ids with a mask of their padding on the right, and types of tokens where the config has several."""
    tokens = tokens_of(config)
    ids, mask = token_ids(config, tokens, random), np.ones((ROWS, tokens), "int64")
    end = getattr(config, "eos_token_id", None)
    end = end[0] if isinstance(end, list) and end else end
    padding = getattr(config, "pad_token_id", None)
    for row, length in enumerate(lengths(tokens)):
        if isinstance(end, int) and 0 <= end < config.vocab_size:
            ids[row, length - 1] = end
        mask[row, length:] = 0
        ids[row, length:] = padding if isinstance(padding, int) and padding >= 0 else 0
    inputs = {"input_ids": ids}
    if "attention_mask" in arguments:
        inputs["attention_mask"] = mask
    if "token_type_ids" in arguments and (getattr(config, "type_vocab_size", 0) or 0) > 1:
        inputs["token_type_ids"] = random.integers(0, config.type_vocab_size, ids.shape)
    return inputs


def pictures(config, random):
    size = config.image_size
    height, width = size if isinstance(size, (list, tuple)) else (size, size)
    return random.normal(size=(2, config.num_channels, height, width)).astype("float32")


def sound(config, name, random):
    bins = getattr(config, "num_mel_bins", None)
    if name == "input_features":
        frames = 2 * config.max_source_positions if hasattr(config, "max_source_positions") else 2 * TOKENS
        shape = (2, bins, frames) if hasattr(config, "max_source_positions") else (2, frames, bins)
    else:  # spectrograms, or the wave itself
        shape = (2, config.max_length, bins) if bins and hasattr(config, "patch_size") else (2, 6400)
    return random.normal(size=shape).astype("float32")


# MARK: Keras


def for_keras(model, random):
    from .keras_models import name_of
    try:
        given = list(model.inputs or [])
    except (AttributeError, ValueError):
        given = []
    if not given:
        raise RecordingError(f"{type(model).__name__} does not say what it takes: give inputs by name")
    limits = [layer.sequence_length for layer in layers_of(model) if isinstance(getattr(layer, "sequence_length", None), int)]
    tokens = min([TOKENS, *limits])
    inputs = {}
    for tensor in given:
        name, shape = name_of(tensor), [ROWS, *(tokens if size is None else size for size in tensor.shape[1:])]
        inputs[name] = for_tensor(name, shape, str(getattr(tensor.dtype, "name", tensor.dtype)), vocabulary(tensor, model), random)
    return inputs


def for_tensor(name, shape, dtype, vocabulary, random):
    """Values for one input of Keras, by its type and, among whole numbers, by its name."""
    if "int" not in dtype and "bool" not in dtype:
        return (random.integers(0, vocabulary, shape) if vocabulary else random.normal(size=shape)).astype("float32")
    values = random.integers(1 if vocabulary > 1 else 0, max(vocabulary, 2), shape)
    if "mask" in name and "position" not in name or "bool" in dtype:
        values = np.ones(shape, int)
    elif "segment" in name or "type" in name:
        return random.integers(0, min(vocabulary or 2, 2), shape).astype("int32")
    elif "position" in name:
        return np.broadcast_to(np.arange(shape[-1]), shape).astype("int32")
    if len(shape) == 2:
        for row, length in enumerate(lengths(shape[1])):
            values[row, length:] = 0
    return values.astype("bool" if "bool" in dtype else "int32")


def layers_of(layer):
    """A layer with all that are within."""
    return list(layer._flatten_layers()) if hasattr(layer, "_flatten_layers") else [layer]


def vocabulary(tensor, model):
    """How many ids every table knows that may look them up: those of the input's own layers, else of all; 0 if there is none."""
    layer = getattr(getattr(tensor, "_keras_history", None), "operation", None) or getattr(
        getattr(tensor, "_keras_history", None), "layer", None)
    nodes = getattr(layer, "_outbound_nodes", [])
    users = [user for node in nodes if (user := getattr(node, "operation", getattr(node, "layer", None))) is not None]
    for layers in (users, [model]):
        sizes = [inner.input_dim for user in layers for inner in layers_of(user) if hasattr(inner, "input_dim")
                 and isinstance(inner.input_dim, int)]
        if sizes:
            return min(sizes)
    return 0
