"""The benchmarks run and say what they measured; how fast it was is no test's business."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
WHAT = [
    "`python -c 'import inward'`",
    "`inward --help`",
    "training step, 8 images, float32: tape / hand",
    "training step, 8 images, float32: convolutions / hand",
    "training step, 8 images, float32: hand",
    "training step, 8 images, bfloat16: tape / hand",
    "training step, 8 images, bfloat16: convolutions / hand",
    "training step, 8 images, bfloat16: hand",
    "training step, 8 images, float32: peak memory, hand",
    "training step, 8 images, float32: peak memory, hand / tape",
    "training step, 8 images, bfloat16: peak memory, hand",
    "training step, 8 images, bfloat16: peak memory, hand / tape",
    "input gradient, 8 images: tape / hand",
    "input gradient, 8 images: convolutions / hand",
    "input gradient, 8 images: hand",
    "path_gradient, 3 x 5: peak memory",
    "path_gradient, 3 x 10: peak memory",
    "path_gradient, 3 x 10: peak memory / 5 nodes'",
    "path_gradient, 3 x 5: its rate / input gradient's",
    "path_gradient, 3 x 5: its rate",
    "integrated_gradients to 1e-2, 3 images: its rate / input gradient's",
    "integrated_gradients to 1e-2, 3 images: peak memory",
    "integrated_gradients to 1e-2, 6 images: peak memory",
]
NO_TARGET = ("convolutions / hand", ": hand", "its rate", "memory, hand")


@pytest.mark.slow
def test_every_row_is_measured_and_written(tmp_path: Path) -> None:
    pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
    if not Path("/proc/self/status").exists():
        pytest.skip("memory is measured on Linux only")
    out = tmp_path / "benchmarks.md"
    command = [sys.executable, "-m", "benchmarks", "--quick", "--pairs", "2", "--out", str(out)]
    shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    page = out.read_text(encoding="utf-8")
    above, layers = page.split("## Where a training step's time goes")
    lines = [line.strip("| ").split(" | ") for line in above.splitlines() if line.startswith("| ")]
    rows = [[cell.strip() for cell in line] for line in lines[2:]]
    assert [row[0] for row in rows] == WHAT
    for what, figure, _, n, *rest in rows:
        assert float(figure.split()[0].replace(",", "")) > 0
        assert int(n) > 0
        assert (len(rest) == 0 or not any(rest)) == what.endswith(NO_TARGET)
        assert not any(rest) or rest[1] in ("met", "undecided", "**missed**")
    for precision in ("float32", "bfloat16"):
        assert f"### {precision}, 8 images" in layers
    for name in ("conv1.linear", "conv9", "pool1", "logits", "sum"):
        assert layers.count(f"| {name} |") == 2
    for said in ("python -m benchmarks --quick --pairs 2", "processor: ", "numpy ", "tensorflow"):
        assert said in page
    assert f"wrote {out}" in shown.replace("\n", "")


@pytest.mark.slow
def test_accuracy_is_gathered_seed_by_seed(tmp_path: Path) -> None:
    pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
    pytest.importorskip("sklearn", reason="scikit-learn, which has the digits, is not installed")
    command = [sys.executable, "-m", "benchmarks.accuracy", "--dataset", "digits", "--epochs", "3", "--target", "0.5"]
    command += ["--precision", "float32", "--docs", str(tmp_path)]
    for seeds in (["0"], ["0", "1"]):
        subprocess.run([*command, "--seeds", *seeds], cwd=ROOT, check=True, capture_output=True)
        assert len((tmp_path / "accuracy.csv").read_text(encoding="utf-8").splitlines()) == 1 + len(seeds)
    table, page = ((tmp_path / name).read_text(encoding="utf-8") for name in ("accuracy.csv", "accuracy.md"))
    assert "2 seeds: " in page
    figures = [line.split("|")[3:6] for line in page.splitlines() if line.startswith("| `inward")]
    assert all(0.5 < float(accuracy.strip(" %")) / 100 <= 1 for accuracy, _, _ in figures)
    assert all(float(seconds) > 0 and float(epochs) >= 1 for _, seconds, epochs in figures)
    recipe = table.splitlines()[1].split(",")[1]
    (tmp_path / "accuracy.csv").write_text(table.replace(recipe, "earlier"), encoding="utf-8")
    subprocess.run([*command, "--seeds", "0"], cwd=ROOT, check=True, capture_output=True)
    renewed = (tmp_path / "accuracy.csv").read_text(encoding="utf-8")
    assert (recipe in renewed, "earlier" in renewed, len(renewed.splitlines())) == (True, False, 2)
