"""What is said under a picture: predictions, alphas, and how far a map may be trusted."""

from inward.render.style import number


def percent(share: float) -> str:
    """A share in [0, 1] as whole per cent, with a digit more where it would read as 0 or 100 without being it."""
    rounded = f"{100 * share:.0f}"
    if rounded in ("0", "100") and share not in (0.0, 1.0):
        rounded = "<1" if share < 0.5 else ">99"
    return f"{rounded} %"


def prediction(name: str, probability: float) -> str:
    """A class and its probability: "horse 91 %"."""
    return f"{name} {percent(probability)}"


def alpha(value: float) -> str:
    """A place on the path from baseline (0) to image (1): "α 0.04"."""
    return f"α {number(value)}"


def certificate(gap: float, error: float | None = None) -> tuple[str, ...]:
    """How far a map may be trusted, in lines: its completeness gap in score, and its relative error where estimated."""
    said = f"gap {gap:+.1g}"
    return (said,) if error is None else (said, f"error {100 * error:.2g} %")
