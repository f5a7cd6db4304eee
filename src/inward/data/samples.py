"""Real images for a first look: CIFAR-10's where it is at hand, otherwise photographs that packages ship."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from inward.data.cifar10 import find_cifar10
from inward.data.images import Example, ImageSet, data_set_examples, gather
from inward.data.pictures import read_picture
from inward.errors import DependencyError, FileError

DEMO_INDICES = (0, 1, 3, 4, 6, 12, 13, 216)
"""Of the test set: cat, ship, airplane, frog, automobile, dog, and two horses."""

DEMO_CROPS = {"cifar10:test:216": (0, 4, 14, 14), "chelsea.png": (120, 60, 170, 170)}
"""A picture's name -> the part of it that is looked at too: a horse's head, a cat's face."""

PHOTOGRAPHS = {
    "skimage": ("data/chelsea.png", "data/coffee.png", "data/rocket.jpg"),
    "sklearn": ("datasets/images/china.jpg", "datasets/images/flower.jpg"),
}


def demo_images(shape: tuple[int, ...], folder: Path | None = None) -> ImageSet:
    """Find real images without a network.

    Args:
        shape: (h, w, c), the input they are fitted to.
        folder: where CIFAR-10 lies; by default the usual places, and photographs where it is in none.

    Returns:
        Eight test images of CIFAR-10, or the photographs that scikit-image and scikit-learn ship.

    Raises:
        FileError: where CIFAR-10 is not in the folder that is given, or is damaged.
        DependencyError: where there is neither CIFAR-10 nor a package with photographs.
    """
    try:
        find_cifar10(folder)
    except FileError:
        if folder is not None:
            raise
        return photographs(shape, "; CIFAR-10 was not found")
    examples = data_set_examples("cifar10", f"test:{','.join(map(str, DEMO_INDICES))}", folder)
    return gather(list(examples), shape, "Eight images of CIFAR-10's test set.")


def photographs(shape: tuple[int, ...], why: str = "") -> ImageSet:
    """Those that packages ship.

    Args:
        shape: (h, w, c), the input they are fitted to.
        why: what is added to where they come from.

    Returns:
        Up to five photographs.

    Raises:
        DependencyError: where no such package is installed.
    """
    return gather(_photographs(), shape, f"Photographs that scikit-image and scikit-learn ship{why}.")


def _photographs() -> list[Example]:
    found = [Example(path.name, read_picture(path)) for path in _shipped()]
    if not found:
        expected, got = "at hand (CIFAR-10, or photographs that packages ship)", "neither"
        raise DependencyError("images for the demo", expected, got, "pip install 'inward[samples]'")
    return found


def _shipped() -> Iterator[Path]:
    """The files that are there; the packages are found, not imported."""
    for package, names in PHOTOGRAPHS.items():
        spec = find_spec(package)
        for place in (spec.submodule_search_locations or ()) if spec else ():
            yield from (path for name in names if (path := Path(place) / name).is_file())
