"""The all-convolutional network: three groups of convolutions without bias, each followed by ELU."""

import numpy as np

from inward.arrays import Array
from inward.errors import ArgumentError
from inward.network.layers import AveragePool, Convolution, Elu, GlobalAverage, Layer

_DEVIATIONS = ((0.04, 0.05, 0.06), (0.04, 0.05, 0.06), (0.06, 0.05, 0.04))
_WIDTH = 128  # the width that these deviations belong to


def allconv(channels: int = 3, classes: int = 10, width: int = _WIDTH, depth: int = 3) -> tuple[Layer, ...]:
    """The layers, from input to logits; with the default arguments, the nine convolutions of the story.

    Two groups of `depth` 3x3 convolutions, a 2x2 average pool after each, and a third group whose
    last two convolutions are 1x1; every convolution, the last too, is followed by ELU; then the global
    average. `conv3` is the output of the third ELU, `conv3.linear` what goes into it.

    Args:
        channels: of the input.
        classes: of the output.
        width: channels of every convolution but the last.
        depth: convolutions in each group, at least 2.

    Returns:
        Layers named conv1.linear, conv1, …, pool1, …, logits.

    Raises:
        ArgumentError: for a size below the least.
    """
    for name, value, least in (
        ("channels", channels, 1),
        ("classes", classes, 2),
        ("width", width, 1),
        ("depth", depth, 2),
    ):
        if value < least:
            raise ArgumentError(name, f"at least {least}", str(value), "choose a larger one")
    sizes = [[3] * depth, [3] * depth, [3] * (depth - 2) + [1, 1]]
    layers: list[Layer] = []
    for group, kernel_sizes in enumerate(sizes):
        for position, size in enumerate(kernel_sizes):
            number = group * depth + position + 1
            last = number == 3 * depth
            c_in, c_out = (channels if number == 1 else width), (classes if last else width)
            layers += [
                Convolution(f"conv{number}.linear", f"conv{number}", (size, size, c_in, c_out)),
                Elu(f"conv{number}"),
            ]
        layers.append(AveragePool(f"pool{group + 1}") if group < 2 else GlobalAverage("logits"))
    return tuple(layers)


def initial_kernels(layers: tuple[Layer, ...], seed: int = 0) -> dict[str, Array]:
    """Normal kernels with the story's standard deviations .04 .05 .06 .04 .05 .06 .06 .05 .04.

    At another width a deviation is scaled by √(128 / width), which keeps the sizes of the activations.

    Args:
        layers: as `allconv` makes them.
        seed: the same seed gives the same kernels.

    Returns:
        Weight's name (conv1, …) -> kernel (kh, kw, c_in, c_out), float32.
    """
    random = np.random.default_rng(seed)
    convolutions = [layer for layer in layers if isinstance(layer, Convolution)]
    depth = len(convolutions) // 3
    kernels = {}
    for number, layer in enumerate(convolutions):
        group, position = divmod(number, depth)
        deviation = _DEVIATIONS[group][min(position, 2)]
        if number:
            deviation *= (_WIDTH / layer.kernel_shape[2]) ** 0.5
        kernels[layer.weight] = random.normal(0, deviation, layer.kernel_shape).astype(np.float32)
    return kernels
