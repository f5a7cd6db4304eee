"""PyTorch modules: eager, in evaluation mode, left exactly as they were found."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from inspect import signature
from typing import Any

import numpy as np
import torch
from torch import nn

from inward.adapters.outputs import chosen
from inward.adapters.preprocessing import Preprocessing
from inward.adapters.tap import Tap, tapped
from inward.adapters.wrapping import Known, Place, Wrapping
from inward.arrays import Array, Inputs, Scores
from inward.batched import Points
from inward.errors import ArgumentError, ScoreError
from inward.model import ScoreName

Tensor = torch.Tensor
_TRACED = 3  # inputs of a trial run: an axis of this length is taken for the batch's
_SCORES: dict[ScoreName, Callable[[Tensor], Tensor]] = {
    "logit": lambda z: z,
    "probability": lambda z: z.softmax(-1),
    "log_probability": lambda z: z.log_softmax(-1),
    "sigmoid": torch.sigmoid,
}
_LOGITS: dict[str, Callable[[Tensor], Tensor]] = {
    "logits": lambda z: z,
    "softmax": lambda p: p.clamp_min(torch.finfo(p.dtype).tiny).log(),
    "sigmoid": torch.logit,
}


def known(model: nn.Module) -> Known:  # noqa: ARG001  (a module does not say what it takes)
    """Images are channels first in PyTorch."""
    return Known(layout="channels_first")


def engine(model: nn.Module, wrapping: Wrapping, params: Any = None) -> "TorchEngine":
    """See `TorchEngine`.

    Raises:
        ArgumentError: for params, which a module has itself.
    """
    if params is not None:
        raise ArgumentError("params", "left out: a module has its own", "some", "module.load_state_dict(params) first")
    return TorchEngine(model, wrapping)


class TorchEngine:
    """A `torch.nn.Module` as an `Engine`; see `inward.batched.Engine`.

    Each call runs in evaluation mode; training modes, gradients, hooks and the random state are then as they
    were before, also after an exception.

    Args:
        module: with its weights, on the device where it is to run.
        wrapping: how it is fed and read.

    Raises:
        ArgumentError: for a module on the meta device.
    """

    name = "torch"
    exhausted: tuple[type[BaseException], ...] = (torch.OutOfMemoryError, MemoryError)

    def __init__(self, module: nn.Module, wrapping: Wrapping) -> None:
        tensors = [*module.parameters(), *module.buffers()]
        if any(tensor.is_meta for tensor in tensors):
            remedy = "load its weights first: module.to_empty(device='cpu'), then module.load_state_dict(…)"
            raise ArgumentError("model", "a module that holds its weights", "one on the meta device", remedy)
        floats = [tensor for tensor in tensors if tensor.is_floating_point()]
        self._module, self._wrapping = module, wrapping
        self._device = tensors[0].device if tensors else torch.device("cpu")
        self._inside = floats[0].dtype if floats else torch.float32
        self._outside = torch.float64 if self._inside == torch.float64 else torch.float32
        self.dtype: type[np.floating] = np.float64 if self._outside == torch.float64 else np.float32

    def weights(self) -> dict[str, Array]:
        """Parameters by name, in the module's own layout; half precisions as float32."""
        return {name: self._to_host(weight) for name, weight in self._module.named_parameters()}

    def in_training(self) -> list[str]:
        """Layers that were left in training mode, of the kinds that then do something else."""
        modal = (nn.modules.batchnorm._NormBase, nn.modules.dropout._DropoutNd)
        return [name for name, each in self._module.named_modules() if each.training and isinstance(each, modal)]

    def trace(self) -> tuple[list[Place], int]:
        """The layers in the order in which they finish, and the number of classes."""
        tap = Tap()
        with self._looking(tap), torch.no_grad():
            logits = self._logits(self._tensor(np.zeros((_TRACED, *self._wrapping.input_shape))))
        places = []
        for name, value in tap.values.items():
            if value.ndim and len(value) == _TRACED and value.is_floating_point():
                places.append(Place(name, tap.kinds[name], tuple(self._outward(value).shape[1:])))
        return places, logits.shape[1]

    def forward(self, inputs: Inputs, keep: tuple[str, ...]) -> tuple[Scores, dict[str, Array]]:
        """See `Engine`."""
        x = self._tensor(inputs)
        tap = Tap(keep, lambda _, value: value.clone())
        with self._looking(tap if keep else None), torch.no_grad():
            logits = self._logits(x)
        kept = {name: self._to_host(self._outward(value)) for name, value in tap.values.items()}
        return self._to_host(logits), kept | ({"input": inputs} if "input" in keep else {})

    def gradient(
        self, inputs: Inputs, objective: Array, score: ScoreName, at: tuple[str, ...]
    ) -> tuple[Array, dict[str, Array]]:
        """See `Engine`."""
        scores, places = self._gradient(self._tensor(inputs), self._tensor(objective), score, at)
        return self._to_host(scores), {name: self._to_host(x) for name, x in places.items()}

    def path(self, points: Points, score: ScoreName, at: str) -> tuple[Array, Array]:
        """See `Engine`."""
        start, end, objective = (self._tensor(x) for x in (points.start, points.end, points.objective))
        image = torch.as_tensor(points.image, device=self._device)
        alphas, weights = self._tensor(points.alphas), self._tensor(points.weights)
        x0 = start[image]
        x = x0 + alphas.reshape(-1, *[1] * (start.ndim - 1)) * (end[image] - x0)
        scores, places = self._gradient(x, objective[image], score, (at,))
        gradient = places[at]
        sums = [
            torch.zeros((len(start), *gradient.shape[1:]), dtype=self._outside, device=self._device).index_add_(
                0, image, weights[:, rule].reshape(-1, *[1] * (gradient.ndim - 1)) * gradient
            )
            for rule in range(weights.shape[1])
        ]
        return self._to_host(scores), self._to_host(torch.stack(sums, 1))

    def _gradient(
        self, x: Tensor, objective: Tensor, score: ScoreName, at: tuple[str, ...]
    ) -> tuple[Tensor, dict[str, Tensor]]:
        inner = tuple(name for name in at if name != "input")
        tap = Tap(inner, lambda _, value: value.clone())  # what follows may work in place
        with self._looking(tap if inner else None), torch.inference_mode(False), torch.enable_grad():
            x = x.clone().requires_grad_()
            scores = (objective * _SCORES[score](self._logits(x))).sum(-1)
            if not scores.requires_grad:
                raise _no_gradient()
            wanted = [x if name == "input" else tap.values[name] for name in at]
            found = torch.autograd.grad(scores.sum(), wanted, allow_unused=True)
        places = {}
        for name, value, gradient in zip(at, wanted, found, strict=True):
            if name == "input" and gradient is None:
                raise _no_gradient()
            whole = torch.zeros_like(value) if gradient is None else gradient
            places[name] = whole if name == "input" else self._outward(whole)
        return scores.detach(), places

    def _logits(self, x: Tensor) -> Tensor:
        """From what a person sees, channels last, to logits."""
        wrapping, preprocess = self._wrapping, self._wrapping.preprocess
        if isinstance(preprocess, Preprocessing):
            x = preprocess(x, self._tensor, lambda x: x.flip(-1))
        x = x.movedim(-1, 1) if wrapping.channels_first else x
        x = preprocess(x) if callable(preprocess) and not isinstance(preprocess, Preprocessing) else x.clone()
        x = x.to(self._inside)
        if wrapping.input is None and not wrapping.constants:
            found = self._module(x)
        else:
            given = wrapping.constants_for(len(x), lambda array: torch.as_tensor(array, device=self._device))
            found = self._module(**{_input_name(self._module, wrapping.input): x}, **given)
        return _LOGITS[wrapping.ends_in](chosen(found, wrapping.output, torch.is_tensor).to(self._outside))

    @contextmanager
    def _looking(self, tap: Tap | None) -> Iterator[None]:
        """Evaluation mode, taps in every layer, the random state apart; all undone at the end."""
        modes = [(module, module.training) for module in self._module.modules()]
        fast = torch.backends.mha.get_fastpath_enabled()
        on_gpu = [self._device] if self._device.type == "cuda" else []
        with ExitStack() as undone, torch.random.fork_rng(on_gpu):
            if tap is not None:
                torch.backends.mha.set_fastpath_enabled(False)  # it would pass the layers by
                undone.callback(torch.backends.mha.set_fastpath_enabled, fast)
                for name, module in self._module.named_modules():
                    if name:
                        undone.callback(module.register_forward_hook(_hook(tap, name)).remove)
            for module, mode in modes:
                undone.callback(setattr, module, "training", mode)
            self._module.eval()
            yield

    def _outward(self, value: Tensor) -> Tensor:
        """Channels last."""
        return value.movedim(1, -1) if self._wrapping.channels_first and value.ndim > 3 else value

    def _tensor(self, array: Array) -> Tensor:
        return torch.as_tensor(array, dtype=self._outside, device=self._device)

    def _to_host(self, tensor: Tensor) -> Array:
        found: Array = tensor.detach().to(self._outside).cpu().numpy()
        return found


def _hook(tap: Tap, name: str) -> Callable[[nn.Module, Any, Any], Any]:
    return lambda module, _, output: tapped(tap, name, output, type(module).__name__, torch.is_tensor)


def _input_name(module: nn.Module, name: str | None) -> str:
    parameters: Mapping[str, Any] = signature(module.forward).parameters
    if name is None:
        return next(iter(parameters))
    if name not in parameters:
        raise ArgumentError("input", f"one of {', '.join(parameters)}", repr(name), "name a parameter of forward")
    return name


def _no_gradient() -> ScoreError:
    remedy = "look for argmax, rounding, .detach(), .item(), numpy or torch.no_grad between input and output"
    return ScoreError("gradient of the score", "defined at the input", "none", remedy)
