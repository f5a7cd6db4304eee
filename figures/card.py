"""The model card: how the network was trained, and how accurate it is."""

from textwrap import fill

from figures.places import WIDE
from figures.subject import Subject

_OPTIMIZERS = {"amsgrad": "AMSGrad", "muon": "Muon"}
_FILES = {
    "initial.safetensors": "has the weights before training",
    "metrics.csv": "a row for each epoch",
    "formation.npz": "the histograms and norms of every layer's weights, gradients and activations after each",
}


def facts(subject: Subject) -> str:
    """The card's table."""
    config, last, classes = subject.config, subject.metrics[-1], subject.network.classes
    h, w, c = subject.network.layers[0].shape
    others = "; weights and the optimizer's memory in float32" if config["precision"] != "float32" else ""
    rows = {
        "input": f"{h} x {w} x {c}, float32 in [0, 1], no mean subtracted; black is 0 and scores 0 for every class",
        "classes": ", ".join(classes),
        "recipe": _recipe(subject),
        "precision": f"{config['precision']} for the convolutions{others}",
        "seed": f"seed {config['seed']}",
        "accuracy on the 10,000 test images": f"{100 * subject.right.mean():.2f} % (float32); "
        f"{last.test_accuracy:.2%} in {config['precision']}, as metrics.csv has it",
        "time": f"{last.seconds:,.0f} s, evaluation after each epoch included",
        "versions": ", ".join(f"{name} {number}" for name, number in config["versions"].items()),
    }
    return "\n".join(["| | |", "| --- | --- |", *(f"| {name} | {value} |" for name, value in rows.items())])


def command(subject: Subject) -> str:
    """The one that repeats it."""
    return f"    {subject.config['command']}"


def by_class(subject: Subject) -> str:
    """The accuracy of each class."""
    each = zip(subject.network.classes, subject.right, strict=True)
    said = ", ".join(f"{name} {100 * share:.1f}" for name, share in each)
    return fill(f"Accuracy by class (float32): {said} %.", WIDE)


def files(subject: Subject) -> str:
    """What lies beside the weights."""
    said = [f"`{name}` {what}" for name, what in _FILES.items() if (subject.folder / name).exists()]
    return fill(f"{', '.join(said)}.", WIDE)


def _recipe(subject: Subject) -> str:
    config, side = subject.config, subject.network.layers[0].shape[0]
    recipe = config["recipe"]
    sizes = dict.fromkeys(f"{round(share * side)}" for _, share in recipe["sizes"])
    optimizer = _OPTIMIZERS[recipe["optimizer"]["name"]]
    return (
        f"`{config['recipe_name']}`: {recipe['epochs']} epochs, batch {recipe['batch']}, {optimizer} "
        f"{'in one cycle' if recipe['warmup'] else 'at a constant rate'}, {' then '.join(sizes)} pixels; "
        "all numbers in config.json"
    )
