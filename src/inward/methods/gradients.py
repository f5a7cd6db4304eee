"""Interior gradients: what the gradient is as an input is dimmed toward a baseline."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from inward.arrays import Array, Indices, Inputs, as_batch
from inward.errors import ShapeError
from inward.methods.paths import point, resolve_alphas, resolve_baseline
from inward.methods.targets import Target, objective_for
from inward.model import Model, ScoreName, probabilities

DEFAULT_ALPHAS = (0.01, 0.02, 0.03, 0.04, 0.1, 0.5, 0.6, 0.7, 0.8, 1.0)


@dataclass(frozen=True, eq=False)
class InteriorGradients:
    """Gradients and logits at each alpha: gradients (alphas, n, ...), scores (alphas, n, classes), alphas (alphas,).

    target (n,) and versus (n,) or None are the classes explained, baseline (n, ...) where the paths
    start, score what of the logits is differentiated. Gradients are in units of the score per unit of the input.
    """

    gradients: Array
    scores: Array
    alphas: Array
    target: Indices
    versus: Indices | None
    baseline: Inputs
    score: ScoreName

    @property
    def probabilities(self) -> Array:
        """softmax(scores), (alphas, n, classes)."""
        return probabilities(self.scores)

    @property
    def predictions(self) -> Indices:
        """The class predicted for each dimmed input, (alphas, n)."""
        found: Indices = self.scores.argmax(axis=-1)
        return found

    @property
    def class_counts(self) -> Indices:
        """How many inputs are predicted as each class, (alphas, classes)."""
        classes = np.arange(self.scores.shape[-1])
        found: Indices = (self.predictions[..., None] == classes).sum(axis=1)
        return found

    def accuracy(self, labels: ArrayLike) -> Array:
        """Share of right predictions at each alpha.

        Args:
            labels: (n,), numbers of the true classes.

        Returns:
            (alphas,), in [0, 1].

        Raises:
            ShapeError: unless there is one label for each input.
        """
        known = np.asarray(labels)
        if known.shape != self.target.shape:
            raise ShapeError("labels", str(self.target.shape), str(known.shape), "pass one label for each image")
        right: Array = (self.predictions == known).mean(axis=1)
        return right


def interior_gradients(
    model: Model,
    images: Inputs,
    target: Target = None,
    *,
    versus: Target = None,
    alphas: Sequence[float] | Array = DEFAULT_ALPHAS,
    baseline: ArrayLike = 0.0,
    score: ScoreName = "logit",
) -> InteriorGradients:
    """The score's gradient, and the logits, at points between a baseline and an image.

        g(α) = ∂s/∂x (x0 + α (x - x0))

    Args:
        model: anything with the port `Model`.
        images: (n, ...), in the units the model was trained on; any input will do.
        target: the class to explain, by number or name, or one for each image; None: the class
            predicted for the undimmed image, at every alpha.
        versus: explain the target rather than this class.
        alphas: (alphas,), in [0, 1]; 0 is the baseline, 1 the image.
        baseline: x0: a number, one image (...), or one for each (n, ...).
        score: logit, probability, log_probability or sigmoid of the target.

    Returns:
        `InteriorGradients`: gradients (alphas, n, ...), scores (alphas, n, classes).

    Raises:
        ShapeError: for images or a baseline that do not fit the model, or are not finite.
        ArgumentError: for a class, score or alpha that makes no sense.

    Paper: Sundararajan, Taly, Yan. Gradients of Counterfactuals, 2016. arXiv:1611.02639
    Differs: the paper dims toward black; here toward any baseline.
    """
    places = resolve_alphas(alphas)
    end = as_batch(images, model.layers[0].shape)
    start = resolve_baseline(baseline, end)
    objective, targets, others = objective_for(model, end, target, versus, score)
    dimmed = [point(start, end, alpha) for alpha in places]
    gradients = np.stack([model.gradient(x, objective).at["input"] for x in dimmed])
    scores = np.stack([model.scores(x) for x in dimmed])
    return InteriorGradients(gradients, scores, places, targets, others, start, score)
