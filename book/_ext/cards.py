"""Words of the glossary, explained where they first stand on a page: a card on hover or focus.

A word is a link to its entry. What it means is its entry's first sentence, shown by ``site.css``.
"""

import re
from html import escape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

GLOSSARY = "book/glossary"
PLAIN = {
    *("missed", "group", "run", "interval", "precision", "job"),
    *("empty masks", "these trained weights"),
}
"""Entries whose word mostly means something else, or is explained where it stands."""
APART = (
    *(nodes.reference, nodes.literal, nodes.literal_block, nodes.title, nodes.term, nodes.raw),
    *(nodes.math, nodes.math_block, nodes.caption, nodes.comment, nodes.table, nodes.citation),
)
"""Within these no word is explained."""
STRESSED = (nodes.emphasis, nodes.strong, nodes.inline)


def _collect(app: Sphinx, doctree: nodes.document) -> None:
    """Give each entry of the glossary an id, and keep its first sentence."""
    if app.env.docname != GLOSSARY:
        return
    app.env.glossary_cards = {}
    for item in doctree.findall(nodes.definition_list_item):
        term = item.next_node(nodes.term)
        name = "term-" + nodes.make_id(term.astext())
        term["ids"].append(name)
        for word in term.astext().lower().split(" or "):
            if word not in PLAIN:
                told = _first_sentence(item.next_node(nodes.paragraph))
                app.env.glossary_cards[word] = name, told


def _first_sentence(told: nodes.paragraph) -> str:
    """The first sentence without its citations."""
    kept = [part.astext() for part in told.children if isinstance(part, (nodes.Text, *STRESSED))]
    text = re.sub(r"\s+([.,:])", r"\1", " ".join("".join(kept).split()))
    return re.split(r"(?<=[\w)])\. (?=[A-Z])", text)[0].rstrip(".") + "."


def _explain(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Make the first use of each word a link with a card."""
    if docname == GLOSSARY:
        return
    if not getattr(app.env, "glossary_cards", None):
        raise ExtensionError(f"{GLOSSARY} has no list of words: write a word, and below it ': ...'")
    cards = dict(app.env.glossary_cards)
    address = app.builder.get_relative_uri(docname, GLOSSARY)
    longest_first = "|".join(sorted(map(re.escape, cards), key=len, reverse=True))
    pattern = re.compile(rf"(?<![\w-])({longest_first})s?(?![\w-])", re.IGNORECASE)
    for text in list(doctree.findall(nodes.Text)):
        if _within(text, APART):
            continue
        told, parts, end = text.astext(), [], 0
        for match in pattern.finditer(told):
            if match[1].lower() in cards:
                name, meaning = cards.pop(match[1].lower())
                html = (
                    f"<a class='explained' href='{address}#{name}' "
                    f"aria-description='{escape(meaning)}'>{escape(match[0])}</a>"
                )
                parts += [nodes.Text(told[end : match.start()]), nodes.raw("", html, format="html")]
                end = match.end()
        if parts:
            text.parent.replace(text, [*parts, nodes.Text(told[end:])])


def _within(node: nodes.Node, kinds: tuple) -> bool:
    while node := node.parent:
        if isinstance(node, kinds):
            return True
    return False


def setup(app: Sphinx) -> dict[str, Any]:
    """Read the glossary, then explain its words on all other pages."""
    app.connect("doctree-read", _collect)
    app.connect("doctree-resolved", _explain)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
