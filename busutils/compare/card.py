"""The paper at a glance, and the lines of the front page."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from html import escape
from typing import Any

import pandas as pd

from busutils.compare.rule import Claim, listed
from busutils.compare.verdicts import because
from busutils.errors import choose

COLOURS = {
    "supported": "#007A5A",
    "not supported": "#8A5A00",
    "opposite": "#B03A00",
    "undecided": "#5F6673",
    "not tested": "#3D4450",
}
"""Behind white letters, so that a word reads the same on a light and on a dark page."""


def glance(
    title: str,
    sentence: str,
    claims: Sequence[Claim],
    facts: Mapping[str, str],
    foot: str = "",
    address: str = "",
) -> str:
    """Return the card that heads a page, as HTML that fits a phone.

    Parameters
    ----------
    title, sentence : of the paper
    claims : three to six, with their verdicts
    facts : name -> words, such as Data, Profile, Time, Cut
    foot : the run's caption
    address : of the paper
    """
    items = "".join(f"<li style='margin:.4em 0'>{_claim(claim)}</li>" for claim in claims)
    known = ""
    for name, text in facts.items():
        told, width = escape(text), "9em"
        if len(text) > 90:  # a long one takes the whole width, as a list of its parts
            width, parts = "100%", [f"<li>{escape(part)}</li>" for part in text.split("; ")]
            if parts[1:]:
                told = f"<ul style='margin:0;padding-left:1.2em'>{''.join(parts)}</ul>"
        style = f"flex:1 1 {width};min-width:0"
        known += f"<div style='{style}'><b>{escape(name)}</b><br>{told}</div>"
    link = f" <a href='{escape(address)}'>{escape(address.removeprefix('https://'))}</a>"
    below = f"<p style='margin:.6em 0 0;font-size:.8em;opacity:.75'>{escape(foot)}</p>"
    return (
        "<div class='glance' style='border:1px solid #808080;border-radius:.5em;padding:.7em 1em;"
        "max-width:42em;overflow-wrap:anywhere'>"
        f"<p style='margin:.1em 0;font-size:1.15em'><b>{escape(title)}</b></p>"
        f"<p style='margin:.3em 0'>{escape(sentence)}{link if address else ''}</p>"
        f"<ul style='list-style:none;padding:0;margin:.6em 0'>{items}</ul>"
        f"<div style='display:flex;flex-wrap:wrap;gap:.5em 1.2em;font-size:.9em'>{known}</div>"
        f"{below if foot else ''}</div>"
    )


def plain(claims: Sequence[Claim]) -> list[dict[str, Any]]:
    """Claims as plain values for ``numbers.json``."""
    return [
        {"sentence": c.sentence, "verdict": c.word}
        | ({"difference": c.difference.estimate} if c.difference else {})
        for c in claims
    ]


def verdicts_markdown(
    title: str, page: str, claims: Sequence[Claim], tables: Mapping[str, pd.DataFrame]
) -> str:
    """Return what the front page says of one paper, in Markdown.

    Parameters
    ----------
    title, page : of the paper, and the address of its page
    claims : with their verdicts
    tables : name ("Table 2") -> table of :func:`busutils.compare.table`
    """
    lines = [f"**[{title}]({page})**", ""]
    lines += [f"- {_claim(replace(claim, settle=''))}" for claim in claims]
    for name, table in tables.items():
        printed, parts = table[table["printed"] != ""], []
        for word, n in printed["verdict"].value_counts().items():
            reasons = printed.loc[printed["verdict"] == word, "reason"].str.split(", ").explode()
            known = ", ".join(reasons[reasons != ""].value_counts().index)
            parts.append(f"{n} {word}{because(word, known)}")
        lines.append(f"- {name}: {len(printed)} printed numbers: {'; '.join(parts)}.")
    return "\n".join(lines) + "\n"


def _claim(claim: Claim) -> str:
    """A claim with its word, if the run carries one, what it rests on, and what would settle it."""
    said = escape(claim.sentence)
    settle = f"Would settle it: {claim.settle}." if claim.settle else ""
    for small in filter(None, [listed(claim.spoken, claim.note), settle]):
        said += f"<br><small>{escape(small)}</small>"
    if not claim.word:
        return said
    colour = COLOURS[choose(claim.word, COLOURS, "verdict on a claim")]
    style = f"background:{colour};color:#fff;border-radius:.3em;padding:.05em .45em"
    return f"<span class='verdict' style='{style};white-space:nowrap'>{claim.word}</span> {said}"
