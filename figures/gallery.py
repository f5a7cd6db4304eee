"""`python -m figures.gallery`: every view of three fixed images into docs/gallery, for review with the eye.

The images are photographs that scikit-image and scikit-learn ship, so that anyone draws the same.
"""

import shutil
import sys
from pathlib import Path

import inward
from figures.subject import NAME
from inward.data.pictures import parse_crop
from inward.data.samples import photographs
from inward.report.inspection import CropOf
from inward.report.views import draw

_FOLDER = Path(__file__).parent.parent / "docs" / "gallery"
_PICTURES = (".png", ".gif")
_IMAGES, _CROP = 3, "8,8,16,16"


def main() -> None:
    """Draw all, then replace the folder."""
    network = inward.load(NAME)
    shown = photographs(network.layers[0].shape)
    images = shown.images[:_IMAGES]
    left, top, width, height = box = parse_crop(_CROP)
    part = images[0][top : top + height, left : left + width].repeat(2, axis=0).repeat(2, axis=1)
    crops = [CropOf(0, box, (images.shape[2], images.shape[1]), part)]
    report = inward.inspect(network, images, names=shown.names[:_IMAGES], crops=crops, backward=True, rules=True)
    drawn = {name: data for name, data, _ in draw(report) if name.endswith(_PICTURES)}
    shutil.rmtree(_FOLDER, ignore_errors=True)
    for name, data in drawn.items():
        (_FOLDER / name).parent.mkdir(parents=True, exist_ok=True)
        (_FOLDER / name).write_bytes(data)
    lines = ["# Every view, drawn", "", "`make gallery` draws them, of the shipped network and three photographs.", ""]
    lines += [f"## {name}\n\n![{Path(name).stem.replace('-', ' ')}]({name})\n" for name in sorted(drawn)]
    (_FOLDER / "README.md").write_text("\n".join(lines), encoding="utf-8")
    sys.stdout.write(f"wrote {len(drawn)} pictures into docs/gallery\n")


if __name__ == "__main__":
    main()
