"""PyTorch modules: eager, in evaluation mode, left exactly as they were found."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from inspect import signature
from typing import Any, Protocol

import numpy as np
import torch
from torch import nn

from inward.adapters.outputs import OUTPUT, chosen
from inward.adapters.preprocessing import Preprocessing
from inward.adapters.running import TRACED, Running, seen
from inward.adapters.tap import Tap, tapped
from inward.adapters.wrapping import Known, Place, Wrapping
from inward.arrays import Array, Inputs, Scores
from inward.batched import Points
from inward.errors import ArgumentError, ScoreError
from inward.model import ScoreName

Tensor = torch.Tensor
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


class OnDevice(Running, Protocol):
    """A model of PyTorch at work."""

    @property
    def device(self) -> torch.device:
        """Where it runs."""
        ...


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
    return TorchEngine(Module(model, wrapping.input), wrapping)


class Module:
    """A `torch.nn.Module` as `Running`: in evaluation mode, with hooks in its layers.

    Args:
        module: with its weights, on the device where it is to run.
        name: of the input that the images go to; the first, where it is None.

    Raises:
        ArgumentError: for a module on the meta device.
    """

    def __init__(self, module: nn.Module, name: str | None = None) -> None:
        tensors = [*module.parameters(), *module.buffers()]
        if any(tensor.is_meta for tensor in tensors):
            remedy = "load its weights first: module.to_empty(device='cpu'), then module.load_state_dict(…)"
            raise ArgumentError("model", "a module that holds its weights", "one on the meta device", remedy)
        floats = [tensor for tensor in tensors if tensor.is_floating_point()]
        self._module, self._name = module, name
        self.device = tensors[0].device if tensors else torch.device("cpu")
        self.dtype = str(floats[0].dtype if floats else torch.float32).removeprefix("torch.")

    def weights(self) -> dict[str, Tensor]:
        """The module's parameters."""
        return dict(self._module.named_parameters())

    def in_training(self) -> list[str]:
        """Layers that were left in training mode, of the kinds that then do something else."""
        modal = (nn.modules.batchnorm._NormBase, nn.modules.dropout._DropoutNd)
        return [name for name, each in self._module.named_modules() if each.training and isinstance(each, modal)]

    def __call__(self, x: Tensor, constants: dict[str, Any], tap: Tap | None) -> Any:
        """See `Running`."""
        with as_found(self._module, self.device), ExitStack() as undone:
            if tap is not None:
                undone.callback(torch.backends.mha.set_fastpath_enabled, torch.backends.mha.get_fastpath_enabled())
                torch.backends.mha.set_fastpath_enabled(False)  # it would pass the layers by
                for name, module in self._module.named_modules():
                    if name:
                        undone.callback(module.register_forward_hook(_hook(tap, name)).remove)
            if self._name is None and not constants:
                return self._module(x)
            return self._module(**{_input_name(self._module, self._name): x}, **constants)


@contextmanager
def as_found(module: nn.Module, device: torch.device) -> Iterator[None]:
    """Evaluation mode and the random state apart; then modes and state as they were before."""
    modes = [(each, each.training) for each in module.modules()]
    with ExitStack() as undone, torch.random.fork_rng([device] if device.type == "cuda" else []):
        for each, mode in modes:
            undone.callback(setattr, each, "training", mode)
        module.eval()
        yield


class TorchEngine:
    """A model of PyTorch as an `Engine`; see `inward.batched.Engine`.

    Args:
        running: the model.
        wrapping: how it is fed and read.
    """

    name = "torch"
    exhausted: tuple[type[BaseException], ...] = (torch.OutOfMemoryError, MemoryError)

    def __init__(self, running: OnDevice, wrapping: Wrapping) -> None:
        self._running, self._wrapping, self._device = running, wrapping, running.device
        self._inside: torch.dtype = getattr(torch, running.dtype)
        self._outside = torch.float64 if self._inside == torch.float64 else torch.float32
        self.dtype: type[np.floating] = np.float64 if self._outside == torch.float64 else np.float32

    def weights(self) -> dict[str, Array]:
        """Parameters by name, in the model's own layout; half precisions as float32."""
        return {name: self._to_host(weight) for name, weight in self._running.weights().items()}

    def in_training(self) -> list[str]:
        """Layers that were left in training mode, of the kinds that then do something else."""
        return self._running.in_training() if isinstance(self._running, Module) else []

    @torch.inference_mode(False)
    def trace(self) -> tuple[list[Place], int]:
        """The layers in the order in which they finish, and the number of classes."""
        tap = Tap(hand_on=_copied)
        with torch.no_grad():
            logits = self._logits(self._tensor(np.zeros((TRACED, *self._wrapping.input_shape))), tap)
        return seen(tap, torch.is_floating_point, self._outward), logits.shape[1]

    @torch.inference_mode(False)
    def forward(self, inputs: Inputs, keep: tuple[str, ...]) -> tuple[Scores, dict[str, Array]]:
        """See `Engine`."""
        x = self._tensor(inputs)
        tap = Tap(keep, _copied)
        with torch.no_grad():
            logits = self._logits(x, tap if keep else None)
        kept = {name: self._to_host(self._outward(value)) for name, value in tap.values.items()}
        return self._to_host(logits), kept | ({"input": inputs} if "input" in keep else {})

    @torch.inference_mode(False)
    def gradient(
        self, inputs: Inputs, objective: Array, score: ScoreName, at: tuple[str, ...]
    ) -> tuple[Array, dict[str, Array]]:
        """See `Engine`."""
        scores, places = self._gradient(self._tensor(inputs), self._tensor(objective), score, at)
        return self._to_host(scores), {name: self._to_host(x) for name, x in places.items()}

    @torch.inference_mode(False)
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
        values: dict[str, Tensor] = {}

        def apart(name: str, value: Tensor) -> Tensor:
            """From other uses of the same value, and from what follows, which may work in place."""
            values[name] = value.clone() if value.requires_grad else value.clone().requires_grad_()
            return values[name].clone()

        with torch.enable_grad():
            values["input"] = x = x.clone().requires_grad_()
            logits = self._logits(x, Tap(inner, apart) if inner else None)
            scores = (objective * _SCORES[score](logits)).sum(-1)
            if not scores.requires_grad:
                raise _no_gradient()
            wanted = [values[name] for name in at]
            found = torch.autograd.grad(scores.sum(), wanted, allow_unused=True)
        places = {}
        for name, value, gradient in zip(at, wanted, found, strict=True):
            if name == "input" and gradient is None:
                raise _no_gradient()
            whole = torch.zeros_like(value) if gradient is None else gradient
            places[name] = whole if name == "input" else self._outward(whole)
        return scores.detach(), places

    def _logits(self, x: Tensor, tap: Tap | None) -> Tensor:
        """From what a person sees, channels last, to logits."""
        wrapping, preprocess = self._wrapping, self._wrapping.preprocess
        if isinstance(preprocess, Preprocessing):
            x = preprocess(x, self._tensor, lambda x: x.flip(-1))
        x = x.movedim(-1, 1) if wrapping.channels_first else x
        x = preprocess(x) if callable(preprocess) and not isinstance(preprocess, Preprocessing) else x.clone()
        constants = wrapping.constants_for(len(x), lambda array: torch.as_tensor(array, device=self._device))
        found = self._running(x.to(self._inside), constants, tap)
        logits = chosen(found, wrapping.output, torch.is_tensor)
        logits = logits if tap is None else tap(OUTPUT, logits, OUTPUT)
        return _LOGITS[wrapping.ends_in](logits.to(self._outside))

    def _outward(self, value: Tensor) -> Tensor:
        """Channels last."""
        return value.movedim(1, -1) if self._wrapping.channels_first and value.ndim > 3 else value

    def _tensor(self, array: Array) -> Tensor:
        return torch.as_tensor(array, dtype=self._outside, device=self._device)

    def _to_host(self, tensor: Tensor) -> Array:
        found: Array = tensor.detach().to(self._outside).cpu().numpy()
        return found


def _copied(_: str, value: Tensor) -> Tensor:
    """What follows may work in place."""
    return value.clone()


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
