"""experts: the blocks of Mixtral, Qwen2-MoE and GPT-OSS in transformers, and torch's choice among equal logits."""

import torch
import torch.nn.functional as functional
from transformers import GptOssConfig, MixtralConfig, Qwen2MoeConfig
from transformers.models.gpt_oss.modeling_gpt_oss import GptOssMLP
from transformers.models.mixtral.modeling_mixtral import MixtralSparseMoeBlock
from transformers.models.qwen2_moe.modeling_qwen2_moe import Qwen2MoeSparseMoeBlock

from .case import Numbers, case, exact


def fill(module, numbers):
    module.double().eval()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(numbers(*parameter.shape, within=1))
    return module


def graph(x, router, weights, **settings):
    """A router without bias of its own, and the experts after it."""
    bias = "y.down.bias" in weights
    nodes = [{"name": "router", "operation": "linear", "input": "x", "width": len(router[0]), "bias": bias},
             {"name": "y", "operation": "experts", "input": "x", "router": "router", "experts": len(router[0]),
              **settings, **({"bias": True} if bias else {})}]
    parameters = {"router.weight": router[0], **weights}
    return nodes, parameters | ({"router.bias": router[1]} if bias else {})


def halves(experts):
    gate, up = experts.gate_up_proj.chunk(2, 1)
    return {"y.gate.weight": gate, "y.up.weight": up, "y.down.weight": experts.down_proj}


def mixtral(numbers):
    config = MixtralConfig(hidden_size=6, intermediate_size=5, num_local_experts=4, num_experts_per_tok=2,
                           hidden_act="gelu")
    block, x = fill(MixtralSparseMoeBlock(config), numbers), numbers(2, 5, 6)
    nodes, parameters = graph(x, [block.gate.weight], halves(block.experts), top_k=2, inner=5, function="gelu")
    with exact():
        return case("mixtral", nodes, {"x": x}, {"y": block(x)}, parameters)


def qwen(numbers, name, normalize):
    config = Qwen2MoeConfig(hidden_size=6, moe_intermediate_size=3, num_experts=9, num_experts_per_tok=3,
                            norm_topk_prob=normalize, shared_expert_intermediate_size=4)
    block, x = fill(Qwen2MoeSparseMoeBlock(config), numbers), numbers(1, 7, 6)
    with exact():
        y = block(x) - torch.sigmoid(block.shared_expert_gate(x)) * block.shared_expert(x)
    nodes, parameters = graph(x, [block.gate.weight], halves(block.experts), top_k=3, inner=3, function="silu",
                              normalize=normalize)
    return case(name, nodes, {"x": x}, {"y": y}, parameters)


def gpt_oss(numbers):
    config = GptOssConfig(hidden_size=6, intermediate_size=5, num_local_experts=4, num_experts_per_tok=2,
                          swiglu_alpha=1.5, swiglu_limit=2.5)
    block, x = fill(GptOssMLP(config), numbers), numbers(2, 5, 6)
    inner = block.experts
    weights = {"y.gate.weight": inner.gate_up_proj[..., ::2].mT, "y.up.weight": inner.gate_up_proj[..., 1::2].mT,
               "y.down.weight": inner.down_proj.mT, "y.gate.bias": inner.gate_up_proj_bias[..., ::2],
               "y.up.bias": inner.gate_up_proj_bias[..., 1::2], "y.down.bias": inner.down_proj_bias}
    nodes, parameters = graph(x, [block.router.weight, block.router.bias], weights, top_k=2, inner=5,
                              routing="top_softmax", alpha=1.5, limit=2.5)
    return case("gpt-oss", nodes, {"x": x}, {"y": block(x)[0]}, parameters)


def plain(numbers):
    x, logits, up, down = numbers(2, 4, 3), numbers(2, 4, 5), numbers(5, 4, 3), numbers(5, 3, 4)
    weights, chosen = torch.softmax(logits, -1).max(-1)
    inner = torch.relu(torch.einsum("bsw,bsiw->bsi", x, up[chosen]))
    y = weights[..., None] * torch.einsum("bsi,bswi->bsw", inner, down[chosen])
    node = {"name": "y", "operation": "experts", "input": "x", "router": "logits", "experts": 5, "top_k": 1,
            "inner": 4, "function": "relu", "gated": False, "normalize": False}
    return case("not gated, one expert for each token", [node], {"x": x, "logits": logits}, {"y": y},
                {"y.up.weight": up, "y.down.weight": down})


def ties(numbers, experts, top):
    """Each expert adds a number of its own, so that the sum tells who was chosen."""
    logits = torch.randint(0, 3, (1, 6, experts), generator=numbers.generator).double()
    logits[0, 0] = 0
    x, up = torch.ones(1, 6, 1).double(), torch.ones(experts, 1, 1).double()
    down = (torch.arange(experts).double() ** 2 / 64).view(experts, 1, 1)
    values, chosen = logits.topk(top)
    y = (functional.softmax(values, -1) * down.flatten()[chosen]).sum(-1, keepdim=True)
    node = {"name": "y", "operation": "experts", "input": "x", "router": "logits", "experts": experts, "top_k": top,
            "inner": 1, "function": "identity", "gated": False, "routing": "top_softmax"}
    return case(f"equal logits of {experts}, top {top}", [node], {"x": x, "logits": logits}, {"y": y},
                {"y.up.weight": up, "y.down.weight": down})


def cases():
    return [mixtral(Numbers(20)), qwen(Numbers(21), "qwen2-moe", False), qwen(Numbers(22), "qwen2-moe, normalised", True),
            gpt_oss(Numbers(23)), plain(Numbers(24)),
            *(ties(Numbers(25 + n + k), n, k) for n, k in ((3, 2), (4, 1), (4, 2), (8, 2), (9, 4), (16, 4), (60, 4),
                                                           (64, 1), (64, 8)))]
