"""recurrent: what torch.nn's and Keras's recurrent layers compute, and Jordan's network by hand."""

import torch
from torch import nn

from .case import Numbers, case
from .keras_layers import built, keras


def random(layer, numbers):
    for parameter in layer.parameters():
        parameter.data = numbers(*parameter.shape, within=1)


def torch_parameters(layer, name, suffix="_l0"):
    roles = {"weight_ih": "input.weight", "weight_hh": "recurrent.weight", "bias_ih": "input.bias",
             "bias_hh": "recurrent.bias", "weight_hr": "projection.weight"}
    return {f"{name}.{role}": getattr(layer, theirs + suffix).detach() for theirs, role in roles.items()
            if hasattr(layer, theirs + suffix)}


def of_torch(name, seed, layer, lengths=None, given=False, **settings):
    """Both directions, each a node."""
    numbers = Numbers(seed)
    layer = layer.double()
    random(layer, numbers)
    x = numbers(3, 5, layer.input_size)
    lstm = isinstance(layer, nn.LSTM)
    state, cell = numbers(2, 3, layer.proj_size or layer.hidden_size), numbers(2, 3, layer.hidden_size)
    first = ((state, cell) if lstm else state) if given else None
    if lengths is None:
        y, last = layer(x, first)
    else:
        packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        packed, last = layer(packed, first)
        y, _ = nn.utils.rnn.pad_packed_sequence(packed, batch_first=True, total_length=x.shape[1])
    last, cells = last if lstm else (last, None)
    inputs = {"x": x}
    flowing = {}
    if lengths is not None:
        inputs["lengths"] = lengths
        flowing["lengths"] = "lengths"
    nodes, outputs, parameters = [], {}, {}
    for number, (direction, suffix) in enumerate((("forward", "_l0"), ("backward", "_l0_reverse"))):
        if given:
            inputs |= {f"{direction}_state": state[number]} | ({f"{direction}_cell": cell[number]} if lstm else {})
            flowing |= {"state": f"{direction}_state"} | ({"cell": f"{direction}_cell"} if lstm else {})
        nodes.append({"name": direction, "operation": "recurrent", "input": "x", **flowing, "width": layer.hidden_size,
                      "bias": layer.bias, "recurrent_bias": layer.bias, "direction": direction,
                      "masked_output": "zero", **settings})
        outputs |= {direction: y.chunk(2, -1)[number], f"{direction}.state": last[number]}
        outputs |= {f"{direction}.cell": cells[number]} if lstm else {}
        parameters |= torch_parameters(layer, direction, suffix)
    return case(name, nodes, inputs, outputs, parameters)


def torch_cases():
    def options(inner, width, **more):
        return {"input_size": inner, "hidden_size": width, "batch_first": True, "bidirectional": True, **more}

    return [
        of_torch("torch RNN", 1, nn.RNN(**options(5, 7)), kind="elman"),
        of_torch("torch RNN of relu, given a state", 2, nn.RNN(**options(3, 4, nonlinearity="relu", bias=False)),
                 given=True, kind="elman", activation="relu"),
        of_torch("torch LSTM", 3, nn.LSTM(**options(5, 7)), given=True, kind="lstm"),
        of_torch("torch LSTM, projected", 4, nn.LSTM(**options(4, 6, proj_size=3)), given=True, kind="lstm",
                 projection={"width": 3}),
        of_torch("torch LSTM, packed", 5, nn.LSTM(**options(4, 6)), torch.tensor([2, 5, 3]), kind="lstm"),
        of_torch("torch GRU", 6, nn.GRU(**options(5, 7)), given=True, kind="gru"),
        of_torch("torch GRU, packed", 7, nn.GRU(**options(3, 5)), torch.tensor([5, 1, 4]), given=True, kind="gru")]


def hard_sigmoid_of_keras_2(x):
    return (0.2 * x + 0.5).clip(0, 1)


def keras_parameters(layer, kind):
    weights = [weight.value for weight in layer.weights]
    kernel, recurrent = (weight.T for weight in weights[:2])
    biases = list(weights[2].reshape(-1, kernel.shape[0])) if len(weights) > 2 else []
    order = [kernel, recurrent, *biases]
    if kind == "gru":  # z, r, h
        order = [torch.cat([r, z, h]) for z, r, h in (weight.chunk(3) for weight in order)]
    return dict(zip(("y.input.weight", "y.recurrent.weight", "y.input.bias", "y.recurrent.bias"), order))


def of_keras(name, seed, kind, layer, masked=False, given=False, **settings):
    numbers = Numbers(seed)
    x, width = numbers(3, 6, 4), layer.units
    mask = torch.tensor([[0, 1, 1, 0, 1, 0], [1, 1, 1, 1, 1, 1], [0, 0, 0, 0, 0, 0]])
    first = [numbers(3, width) for _ in range(2 if kind == "lstm" else 1)] if given else None
    y, *states = built(layer, x, numbers=numbers, mask=mask.bool() if masked else None, initial_state=first)
    config = layer.get_config()
    parameters = keras_parameters(layer, kind)
    node = {"name": "y", "operation": "recurrent", "input": "x", "kind": kind, "width": width,
            "bias": "y.input.bias" in parameters, "recurrent_bias": "y.recurrent.bias" in parameters, **settings}
    if config["go_backwards"]:
        node |= {"direction": "backward", "order": "made"}
    inputs = {"x": x}
    if masked:
        inputs["mask"] = mask
        node |= {"mask": "mask", "masked_output": "zero" if config["zero_output_for_mask"] else "previous"}
    for role, value in zip(("state", "cell"), first or ()):
        inputs[role] = value
        node[role] = role
    outputs = {"y": y} | {f"y.{role}": value for role, value in zip(("state", "cell"), states)}
    return case(name, [node], inputs, outputs, parameters)


def keras_cases():
    layers, both = keras.layers, {"return_sequences": True, "return_state": True}
    old = {"function": "hard_sigmoid", "slope": 0.2}
    return [
        of_keras("Keras SimpleRNN", 10, "elman", layers.SimpleRNN(5, **both), given=True),
        of_keras("Keras SimpleRNN, backwards", 11, "elman", layers.SimpleRNN(5, go_backwards=True, **both)),
        of_keras("Keras LSTM", 12, "lstm", layers.LSTM(5, **both), given=True),
        of_keras("Keras LSTM, masked", 13, "lstm", layers.LSTM(5, **both), masked=True, given=True),
        of_keras("Keras LSTM, masked by zeros, backwards", 14, "lstm",
                 layers.LSTM(5, zero_output_for_mask=True, go_backwards=True, **both), masked=True),
        of_keras("Keras LSTM, other functions", 15, "lstm",
                 layers.LSTM(3, activation="relu", recurrent_activation=hard_sigmoid_of_keras_2, **both),
                 activation="relu", recurrent_activation=old),
        of_keras("Keras GRU", 16, "gru", layers.GRU(5, **both), given=True),
        of_keras("Keras GRU, reset before", 17, "gru", layers.GRU(5, reset_after=False, **both), given=True,
                 reset="before"),
        of_keras("Keras GRU, masked, backwards, without bias", 18, "gru",
                 layers.GRU(5, use_bias=False, go_backwards=True, **both), masked=True)]


def jordan(numbers):
    """The output comes back: h = tanh(W x + U y + b), y = sigmoid(V h + c)."""
    x, w, u, b, v, c = numbers(2, 4, 3), numbers(5, 3), numbers(5, 2), numbers(5), numbers(2, 5), numbers(2)
    y, made = torch.zeros(2, 2).double(), []
    for step in range(4):
        y = torch.sigmoid(torch.tanh(x[:, step] @ w.T + y @ u.T + b) @ v.T + c)
        made.append(y)
    node = {"name": "y", "operation": "recurrent", "input": "x", "kind": "elman", "width": 5,
            "projection": {"width": 2, "bias": True, "activation": "sigmoid"}}
    parameters = {"y.input.weight": w, "y.recurrent.weight": u, "y.input.bias": b, "y.projection.weight": v,
                  "y.projection.bias": c}
    return case("Jordan", [node], {"x": x}, {"y": torch.stack(made, 1), "y.state": y}, parameters)


def cases():
    return [*torch_cases(), *keras_cases(), jordan(Numbers(20))]
