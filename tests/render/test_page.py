from html.parser import HTMLParser

import pytest

from inward.render.page import Page, Picture, Section, Table, render_page

HOSTILE = "\"><script>alert(1)</script><img src=x onerror=alert(1)>&amp;'$title ${body}"
PNG, GIF = b"\x89PNG pixels", b"GIF89a pixels"


class Reader(HTMLParser):
    """Elements with their attributes, and text by the element that holds it."""

    def __init__(self, page):
        super().__init__()
        self.elements, self.text, self.open = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append((self.open[-1] if self.open else "", data))

    def of(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]

    def words(self, tag):
        return [text for name, text in self.text if name == tag]


def page(name="horse", title="A page"):
    small = [Picture(f"{name}-{i}.gif", GIF, f"caption {name}", small=True) for i in range(2)]
    pictures = (Picture(f"{name}.png", PNG, alt=f"{name} drawn"), *small, Picture("last.png", PNG), small[0])
    table = Table((name, "gap"), ((name, "+0.1"), ("other", "−2")))
    inner = Section(name, (name,), (Picture("inner.png", PNG, name),), folded=True)
    sections = (Section(name, (name, "text"), pictures, table, inner=(inner,)), Section("second"))
    return Page(title, f"about {name}", sections)


def test_every_element_is_closed_and_text_is_where_it_belongs():
    read = Reader(render_page(page()))
    assert read.open == []
    assert read.words("title") == read.words("h1") == ["A page"]
    assert read.words("h2") == ["horse", "second"]
    assert read.words("summary") == ["horse"]


def test_everything_is_escaped():
    plain, hostile = Reader(render_page(page())), Reader(render_page(page(HOSTILE, HOSTILE)))
    assert [tag for tag, _ in hostile.elements] == [tag for tag, _ in plain.elements]
    assert [sorted(a) for _, a in hostile.elements] == [sorted(a) for _, a in plain.elements]
    assert hostile.words("h1") == hostile.words("title") == [HOSTILE]
    assert hostile.of("img")[0]["alt"] == f"{HOSTILE} drawn"


def test_a_hostile_suffix_stays_inside_its_attribute():
    read = Reader(render_page(Page("t", "l", (Section("s", (), (Picture(f"x.{HOSTILE}", PNG),)),))))
    assert set(read.of("img")[0]) == {"src", "alt", "loading", "tabindex"}


def test_nothing_is_fetched():
    text = render_page(page())
    read = Reader(text)
    kept = [a[key] for _, a in read.elements for key in ("src", "href", "srcset", "action", "data") if key in a]
    assert kept
    assert all(place.startswith(("data:image/", "#")) for place in kept)
    assert not read.of("link")
    assert all(word not in text for word in ("http:", "https:", "@import", "url(", "//cdn"))


def test_pictures_are_inside_with_their_kind():
    kinds = [a["src"].split(",")[0] for a in Reader(render_page(page())).of("img") if "src" in a]
    assert kinds[:3] == ["data:image/png;base64", "data:image/gif;base64", "data:image/gif;base64"]


def test_every_picture_says_what_it_shows():
    alts = [a["alt"] for a in Reader(render_page(page())).of("img") if "src" in a]
    assert alts == ["horse drawn", "caption horse", "caption horse", "last.png", "caption horse", "horse"]


def test_links_of_the_contents_lead_to_sections():
    read = Reader(render_page(page()))
    targets = [a["id"] for a in read.of("section") if "id" in a]
    assert [a["href"] for a in read.of("a")] == [f"#{target}" for target in targets]
    assert len(targets) == len(set(targets)) == 2


def test_small_pictures_that_follow_each_other_share_a_row():
    text = render_page(page())
    assert text.count('<div class="row">') == 2
    row = text.split('<div class="row">')[1].split("</div>")[0]
    assert row.count("<figure>") == 2


NUMBERS = ["1", "+0.1", "-2", "−2", "0.57%", "91 %", "<1 %", ">99 %", "1,234", "1e-05", "+1.2e+03", "±3", "nan", "inf"]
WORDS = ["horse", "3 cats", "001.png", "2024-01-02.jpg", "cifar10:test:3", "4,4,20,20 box", "-", "1.2.3", ""]


@pytest.mark.parametrize("cell", NUMBERS)
def test_a_column_of_numbers_is_set_to_the_right(cell):
    read = Reader(render_page(Page("t", "l", (Section("s", table=Table(("a", "b"), (("x", cell), ("y", "")))),))))
    assert [a.get("class") for a in read.of("th")] == [None, "number"]
    assert [a.get("class") for a in read.of("td")] == [None, "number"] * 2
    assert read.words("td")[1] == cell


@pytest.mark.parametrize("cell", WORDS)
def test_a_column_with_words_is_set_to_the_left(cell):
    read = Reader(render_page(Page("t", "l", (Section("s", table=Table(("a",), ((cell,),))),))))
    assert [a.get("class") for a in read.of("th") + read.of("td")] == [None, None]


def test_a_number_among_words_stays_with_them():
    read = Reader(render_page(Page("t", "l", (Section("s", table=Table(("value",), (("48",), ("logit",)))),))))
    assert [a.get("class") for a in read.of("td")] == [None, None]


def test_the_page_is_the_same_each_time():
    assert render_page(page()) == render_page(page())


def test_an_empty_page_is_a_page():
    assert Reader(render_page(Page("t", "l", ()))).open == []
