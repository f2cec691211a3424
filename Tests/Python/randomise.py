"""Random weights under which faults of a port show: a plain start hides them behind unit norms, zero biases and flat attention."""

import torch


def fill(module, seed, embeddings=0.3, matrices=1.5):
    """Gives every parameter a random value of a telling size; that of matrices is for one input."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if parameter.dim() < 2:
                parameter.add_(0.2 * noise)
            elif "embed" in name and parameter.dim() == 2:
                parameter.copy_(embeddings * noise)
            else:
                fan_in = parameter[0].numel() if parameter.dim() > 2 else parameter.shape[-1]
                parameter.copy_(noise * matrices * fan_in ** -0.5)
    return module.eval()
