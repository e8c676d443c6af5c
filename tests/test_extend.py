"""The twenty lines of the guide are a network that a page can plan and a package can keep."""

import re

from busutils import models, own_code, paths

PAGE = paths.project() / "book" / "extend.md"


def lines():
    return re.search(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[1]


def test_they_are_a_network_of_a_page(monkeypatch):
    monkeypatch.setattr(models.registry, "_OWN", {})
    monkeypatch.setattr(own_code, "_OWN", {})
    own_code.execute(lines(), "a cell", {"models": models, "__name__": "page"})
    models.check("mine", 32, filters=4)
    assert models.build("mine", 32, 1).output_shape == (None, 32, 32, 1)
    assert "filters" in models.networks()["mine"].options


def test_they_are_as_short_as_the_guide_says():
    code = [line for line in lines().splitlines() if line.strip()]
    assert len(code) <= 20
