import io
from pathlib import Path

import numpy as np
import pytest

from inward.errors import FileError
from inward.recording.formation import Gathering, formation, read_formation

RANDOM = np.random.default_rng(0)


def values() -> dict[str, dict[str, np.ndarray]]:
    weights = {"conv1": RANDOM.normal(size=(3, 3, 2, 4)), "conv2": RANDOM.normal(size=(1, 1, 4, 2))}
    return {"weights": weights, "gradients": weights, "activations": {"conv1": RANDOM.normal(size=(5, 4, 4, 4))}}


def test_every_value_is_counted_at_every_point_in_time(tmp_path: Path) -> None:
    gathering, seen = Gathering(), [values() for _ in range(3)]
    for now in seen:
        gathering.add(now)
    (tmp_path / "f.npz").write_bytes(gathering.to_bytes())
    found = read_formation(tmp_path / "f.npz")
    assert found is not None
    assert list(found.weights) == ["conv1", "conv2"]
    for t, now in enumerate(seen):
        for part in ("weights", "gradients", "activations"):
            for name, array in now[part].items():
                spread = getattr(found, part)[name]
                np.testing.assert_array_equal(spread.counts[t], np.histogram(array, spread.edges[t])[0])
                assert spread.counts[t].sum() == array.size
        weights, images = now["weights"]["conv1"], now["activations"]["conv1"]
        assert found.weights["conv1"].norms[t] == pytest.approx(np.linalg.norm(weights))
        by_image = [np.linalg.norm(image) for image in images]
        assert found.activations["conv1"].norms[t] == pytest.approx(np.mean(by_image))


def test_a_recorder_goes_on_where_another_stopped() -> None:
    seen, whole, first = [values() for _ in range(3)], Gathering(), Gathering()
    for now in seen:
        whole.add(now)
    first.add(seen[0])
    second = Gathering(first.arrays())
    for now in seen[1:]:
        second.add(now)
    for path, column in whole.arrays().items():
        np.testing.assert_array_equal(second.arrays()[path], column)


@pytest.mark.parametrize("value", [-1.0, 0.0, 1e30])
def test_a_dead_layer_is_counted_too(value: float) -> None:
    gathering, now = Gathering(), values()
    now["activations"]["conv1"] = np.full((5, 4, 4, 4), value, np.float32)
    now["activations"]["conv1"][0] *= np.float32(1 + 1e-7)
    gathering.add(now)
    assert gathering.arrays()["activations/conv1.counts"].sum() == 5 * 4 * 4 * 4


def test_what_is_not_finite_is_left_out() -> None:
    gathering, now = Gathering(), values()
    now["weights"]["conv1"][0, 0, 0, :2] = np.nan, np.inf
    gathering.add(now)
    assert gathering.arrays()["weights/conv1.counts"].sum() == 3 * 3 * 2 * 4 - 2


def test_an_absent_file_is_no_formation_and_a_damaged_one_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "f.npz"
    assert read_formation(path) is None
    gathering = Gathering()
    path.write_bytes(gathering.to_bytes())
    assert read_formation(path) is None
    gathering.add(values())
    whole = gathering.to_bytes()
    for content in (b"", b"PK", whole[:200], whole[:-30], np.zeros(3).tobytes()):
        path.write_bytes(content)
        with pytest.raises(FileError, match="a training's histograms"):
            read_formation(path)
    file = io.BytesIO()
    np.savez(file, **(gathering.arrays() | {"weights/conv1.norms": np.zeros(7)}))
    path.write_bytes(file.getvalue())
    with pytest.raises(FileError, match="unlike shapes"):
        read_formation(path)


def test_a_missing_column_is_refused() -> None:
    gathering = Gathering()
    gathering.add(values())
    arrays = gathering.arrays()
    del arrays["weights/conv1.counts"]
    with pytest.raises(KeyError):
        formation(arrays)


def test_what_is_missing_at_a_time_leaves_a_gap_there(tmp_path: Path) -> None:
    gathering, now = Gathering(), values()
    gathering.add(now | {"gradients": {}})
    gathering.add(now)
    gathering.add({"weights": now["weights"], "gradients": {"conv2": now["gradients"]["conv2"]}, "activations": {}})
    assert gathering.times == 3
    found = formation(gathering.arrays())
    counted = {
        name: [spread.counts.sum(axis=1).tolist(), np.isfinite(spread.norms).tolist()]
        for name, spread in (found.gradients | {"activations": found.activations["conv1"]}).items()
    }
    assert counted == {
        "conv1": [[0, 72, 0], [False, True, False]],
        "conv2": [[0, 8, 8], [False, True, True]],
        "activations": [[320, 320, 0], [True, True, False]],
    }
    assert all(np.isfinite(spread.edges).all() for spread in found.gradients.values())


def test_a_gathering_can_forget_its_end() -> None:
    gathering = Gathering()
    for _ in range(4):
        gathering.add(values())
    kept = Gathering(gathering.arrays(), 2)
    assert kept.times == 2
    for path, column in kept.arrays().items():
        np.testing.assert_array_equal(column, gathering.arrays()[path][:2])


def test_a_column_of_another_rank_is_refused(tmp_path: Path) -> None:
    gathering = Gathering()
    gathering.add(values())
    np.savez(tmp_path / "f.npz", **(gathering.arrays() | {"weights/conv1.edges": np.zeros(1)}))
    with pytest.raises(FileError, match="a training's histograms"):
        read_formation(tmp_path / "f.npz")
