"""See inside a neural network, and know how far to trust what you see."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inward.adapters.preprocessing import Preprocessing as Preprocessing
    from inward.adapters.recorder import Recorder as Recorder
    from inward.adapters.recorder import keras_recorder as keras_recorder
    from inward.adapters.wrap import wrap as wrap
    from inward.backends.keras import to_keras as to_keras
    from inward.checkup.doctor import doctor as doctor
    from inward.errors import InwardError as InwardError
    from inward.loading import load as load
    from inward.methods.activations import activations as activations
    from inward.methods.backward import backward_pass as backward_pass
    from inward.methods.gradients import interior_gradients as interior_gradients
    from inward.methods.integrated import integrated_gradients as integrated_gradients
    from inward.methods.pieces import linear_pieces as linear_pieces
    from inward.methods.rules import compare_rules as compare_rules
    from inward.methods.saturation import saturation as saturation
    from inward.methods.weights import weight_histograms as weight_histograms
    from inward.opening import open_model as open_model
    from inward.recording.folder import open_recording as open_recording
    from inward.report.comparison import compare as compare
    from inward.report.inspection import inspect as inspect
    from inward.report.report import load_report as load_report

__version__ = "0.1.0"

_PUBLIC = {
    "Preprocessing": "inward.adapters.preprocessing",
    "InwardError": "inward.errors",
    "Recorder": "inward.adapters.recorder",
    "activations": "inward.methods.activations",
    "backward_pass": "inward.methods.backward",
    "compare": "inward.report.comparison",
    "compare_rules": "inward.methods.rules",
    "doctor": "inward.checkup.doctor",
    "inspect": "inward.report.inspection",
    "integrated_gradients": "inward.methods.integrated",
    "interior_gradients": "inward.methods.gradients",
    "keras_recorder": "inward.adapters.recorder",
    "linear_pieces": "inward.methods.pieces",
    "load": "inward.loading",
    "load_report": "inward.report.report",
    "open_model": "inward.opening",
    "open_recording": "inward.recording.folder",
    "saturation": "inward.methods.saturation",
    "to_keras": "inward.backends.keras",
    "weight_histograms": "inward.methods.weights",
    "wrap": "inward.adapters.wrap",
}
__all__ = sorted([*_PUBLIC, "__version__"])


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for, so that importing inward costs next to nothing."""
    if name not in _PUBLIC:
        raise AttributeError(f"module 'inward' has no attribute {name!r}")
    value = getattr(import_module(_PUBLIC[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
