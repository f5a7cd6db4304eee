"""Marked places in Markdown, where words are computed and never typed.

<!-- figure:NAME -->
…
<!-- /figure -->
"""

import re
from collections.abc import Mapping

WIDE = 105  # columns of a paragraph
_OPEN, _CLOSE = "<!-- figure:", "<!-- /figure -->"
_PLACE = re.compile(rf"{_OPEN}([a-z-]+) -->\n((?:(?!{_OPEN}).)*?){_CLOSE}", re.DOTALL)


def read_places(text: str) -> dict[str, str]:
    """What stands in each marked place, by its name.

    Raises:
        ValueError: for a mark without its partner, or a name that comes twice.
    """
    found = [(match[1], match[2].strip()) for match in _PLACE.finditer(text)]
    names = [name for name, _ in found]
    if not len(found) == text.count(_OPEN) == text.count(_CLOSE):
        raise ValueError(f"a mark has no partner; whole are {', '.join(names) or 'none'}")
    if len(set(names)) < len(names):
        raise ValueError(f"a name comes twice among {', '.join(names)}")
    return dict(found)


def filled(text: str, words: Mapping[str, str]) -> str:
    """The text with these words in the places of these names; every other letter stays.

    Raises:
        ValueError: as for `read_places`.
        KeyError: for a place whose words are not given.
    """
    read_places(text)
    return _PLACE.sub(lambda match: f"{_OPEN}{match[1]} -->\n\n{words[match[1]]}\n\n{_CLOSE}", text)
