"""The chain rule: layers forward in order, and backward in the reverse order."""

from collections.abc import Callable, Collection, Sequence

from inward.network.layers import Convolution, Layer
from inward.network.ops import Kernels, Ops, Tensor


def forward(
    ops: Ops, layers: Sequence[Layer], kernels: Kernels, x: Tensor, keep: Collection[str] = ()
) -> tuple[Tensor, list[Tensor], dict[str, Tensor]]:
    """y = f_L(… f_2(f_1(x))).

    Args:
        ops: the backend's verbs.
        layers: from input to output.
        kernels: by the names of the weights.
        x: (n, h, w, c).
        keep: names of layers whose outputs are wanted.

    Returns:
        y; what each layer's backward pass needs; and the outputs asked for, by name.
    """
    saved: list[Tensor] = []
    kept = {"input": x} if "input" in keep else {}
    for layer in layers:
        x, needed = layer.forward(ops, x, kernels.get(layer.weight))
        saved.append(needed)
        if layer.name in keep:
            kept[layer.name] = x
    return x, saved, kept


def backward(
    ops: Ops, layers: Sequence[Layer], kernels: Kernels, saved: Sequence[Tensor], dy: Tensor, at: Collection[str]
) -> dict[str, Tensor]:
    """∂s/∂place for each place asked for; no weight's gradient is computed.

        dx_l = (∂f_l/∂x)ᵀ dx_{l+1},   no further down than asked

    Args:
        ops: the backend's verbs.
        layers: from input to output.
        kernels: by the names of the weights.
        saved: as `forward` returned it.
        dy: ∂s/∂y, shaped like the output.
        at: names of layers, or "input".

    Returns:
        For each place, ∂s/∂place, shaped like it.
    """
    found: dict[str, Tensor] = {}

    def look(layer: Layer, dy: Tensor, _: Tensor) -> bool:
        if layer.name in at:
            found[layer.name] = dy
        return len(found) < len(at)

    dx = _descend(ops, layers, kernels, saved, dy, look)
    if dx is not None and "input" in at:
        found["input"] = dx
    return found


def backward_kernels(
    ops: Ops, layers: Sequence[Layer], kernels: Kernels, saved: Sequence[Tensor], dy: Tensor
) -> Kernels:
    """∂s/∂kernel for every kernel; the gradient at the input, which nobody asked for, is not computed.

        dK_l = (∂f_l/∂K)ᵀ dx_{l+1}

    Args:
        ops, layers, kernels, saved, dy: as for `backward`.

    Returns:
        By the names of the weights, each shaped like its kernel.
    """
    found: Kernels = {}

    def look(layer: Layer, dy: Tensor, needed: Tensor) -> bool:
        if isinstance(layer, Convolution):
            found[layer.weight] = layer.backward_kernel(ops, dy, needed)
        return len(found) < len(kernels)

    _descend(ops, layers, kernels, saved, dy, look)
    return {name: found[name] for name in kernels}


def _descend(
    ops: Ops,
    layers: Sequence[Layer],
    kernels: Kernels,
    saved: Sequence[Tensor],
    dy: Tensor,
    look: Callable[[Layer, Tensor, Tensor], bool],
) -> Tensor | None:
    """Down the layers; `look` sees dy at each layer's output, and stops the descent by False."""
    for layer, needed in zip(reversed(layers), reversed(saved), strict=True):
        if not look(layer, dy, needed):
            return None
        dy = layer.backward(ops, dy, needed, kernels.get(layer.weight))
    return dy
