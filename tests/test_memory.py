from inward.memory import available_bytes


def test_what_the_system_tells(tmp_path):
    told = tmp_path / "meminfo"
    told.write_text("MemTotal: 9 kB\nMemAvailable:   4096 kB\n", encoding="ascii")
    assert available_bytes(told) == 4 * 2**20


def test_a_system_that_does_not_tell(tmp_path):
    assert available_bytes(tmp_path / "none") == 4 * 2**30
    (tmp_path / "odd").write_text("nothing of use", encoding="ascii")
    assert available_bytes(tmp_path / "odd") == 4 * 2**30
