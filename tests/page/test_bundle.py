import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest

from inward.page import bundle as module
from inward.page.bundle import bundle, frozen_page, live_page, module_names, notebook_html
from inward.page.schema import Head, Network, Twin

HOSTILE = '</script><script>alert(1)</script><img src=x onerror=alert(1)>"&$title'


def twin(name="horse"):
    network = Network(name=name, classes=[name], count=1, layers=[])
    head = Head(
        live=False, title=name, lead=name, network=network, images=[], weights=[], training={}, formation=None,
        sections=[], settings={name: name}, command=name,
    )  # fmt: skip
    return Twin(head=head, looked=[])


class Reader(HTMLParser):
    """Elements, and the text of each script."""

    def __init__(self, page):
        super().__init__()
        self.elements, self.scripts = [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data):
        if self.elements and self.elements[-1][0] == "script" and self.scripts:
            self.scripts[-1] += data


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Plotly's script is five megabytes."""
    monkeypatch.setattr(module, "plotly_script", lambda: "window.Plotly = {};")


def test_hostile_names_stay_data():
    plain, hostile = Reader(frozen_page(twin())), Reader(frozen_page(twin(HOSTILE)))
    assert [tag for tag, _ in plain.elements] == [tag for tag, _ in hostile.elements]
    assert json.loads(hostile.scripts[0])["network"]["classes"] == [HOSTILE]


def test_a_frozen_page_names_no_place_outside_itself():
    page = frozen_page(twin())
    read = Reader(page)
    places = [a[key] for _, a in read.elements for key in ("src", "href", "srcset", "action") if key in a]
    assert places
    assert all(place.startswith("#") for place in places)
    (policy,) = (a["content"] for tag, a in read.elements if tag == "meta" and "http-equiv" in a)
    assert "default-src 'none'" in policy
    assert "connect-src 'none'" in policy
    assert not re.search(r"(https?:)?//\w+\.\w", bundle())


def test_plotly_may_lie_beside_the_page():
    page = frozen_page(twin(), single_file=False)
    assert '<script defer src="plotly.min.js">' in page
    assert "window.Plotly = {}" not in page


def test_the_live_page_fetches_from_its_server_alone():
    places = [a[key] for _, a in Reader(live_page()).elements for key in ("src", "href") if key in a]
    assert [place for place in places if not place.startswith("#")] == [
        "assets/page.css", "assets/main.js", "assets/plotly.min.js",
    ]  # fmt: skip


def test_modules_come_after_those_that_they_import():
    names = module_names()
    assert names[-1] == "main.js"
    assert len(set(names)) == len(names)
    for i, name in enumerate(names):
        assert {below for _, below in module._IMPORT.findall(module.asset(name))} <= set(names[:i])


def test_the_bundle_is_a_script():
    assert not re.search(r"^(import|export)\b", bundle(), re.MULTILINE)
    if shutil.which("node"):
        subprocess.run(["node", "--check", "-"], input=bundle(), text=True, check=True, capture_output=True)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"main.js": 'import x from "./a.js";\n'}, "not understood: import x"),
        ({"main.js": "export default 3;\n"}, "not understood: export default"),
        ({"main.js": 'import { a } from "./a.js";\n', "a.js": 'import { b } from "./main.js";\n'}, "import each other"),
        ({"main.js": 'const x = "</script>";\n'}, "would end the element"),
    ],
)
def test_what_the_bundle_does_not_understand_is_refused(files, message, monkeypatch):
    monkeypatch.setattr(module, "asset", files.__getitem__)
    for cached in (module._ordered, module.bundle):
        cached.cache_clear()
    try:
        with pytest.raises(ValueError, match=message):
            module.bundle()
    finally:
        for cached in (module._ordered, module.bundle):
            cached.cache_clear()


def test_a_notebook_shows_a_page_in_a_frame():
    (frame,) = (a for tag, a in Reader(notebook_html(f"<p>{HOSTILE}</p>", height=500)).elements if tag == "iframe")
    assert frame["height"] == "500"
    assert frame["srcdoc"] == f"<p>{HOSTILE}</p>"
