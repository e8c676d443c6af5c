"""The paper at a glance, and the lines of the front page."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import pandas as pd

from busutils.compare.rule import CLAIM_WORDS, Claim, listed
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
    listed = "".join(
        f"<li style='margin:.4em 0'>{_claim(claim)}{_settle(claim)}</li>" for claim in claims
    )
    known = "".join(
        f"<div style='flex:1 1 {_width(text)};min-width:0'><b>{escape(name)}</b><br>"
        f"{_parts(text)}</div>"
        for name, text in facts.items()
    )
    return (
        "<div class='glance' style='border:1px solid #808080;border-radius:.5em;padding:.7em 1em;"
        "max-width:42em;overflow-wrap:anywhere'>"
        f"<p style='margin:.1em 0;font-size:1.15em'><b>{escape(title)}</b></p>"
        f"<p style='margin:.3em 0'>{escape(sentence)}{_link(address)}</p>"
        f"<ul style='list-style:none;padding:0;margin:.6em 0'>{listed}</ul>"
        f"<div style='display:flex;flex-wrap:wrap;gap:.5em 1.2em;font-size:.9em'>{known}</div>"
        f"{_foot(foot)}</div>"
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
    lines += [f"- {_claim(one)}" for one in claims]
    lines += [f"- {name}: {_tally(table)}." for name, table in tables.items()]
    return "\n".join(lines) + "\n"


def _width(text: str) -> str:
    """A long text takes the whole width of the card."""
    return "100%" if len(text) > 90 else "9em"


def _parts(text: str) -> str:
    """A long text as a list of its parts."""
    parts = text.split("; ") if len(text) > 90 else [text]
    items = "".join(f"<li>{escape(part)}</li>" for part in parts)
    return f"<ul style='margin:0;padding-left:1.2em'>{items}</ul>" if parts[1:] else escape(text)


def _claim(claim: Claim) -> str:
    """A claim with its word; without one where the run carries none."""
    said = listed(claim.spoken, claim.note)
    small = f"<br><small>{escape(said)}</small>" if said else ""
    sentence = f"{escape(claim.sentence)}{small}"
    if not claim.word:
        return sentence
    word = choose(claim.word, CLAIM_WORDS, "verdict on a claim")
    style = f"background:{COLOURS[word]};color:#fff;border-radius:.3em;padding:.05em .45em"
    return f"<span class='verdict' style='{style};white-space:nowrap'>{word}</span> {sentence}"


def _settle(claim: Claim) -> str:
    """What would decide a claim that is not decided."""
    return f"<br><small>Would settle it: {escape(claim.settle)}.</small>" if claim.settle else ""


def _link(address: str) -> str:
    told = escape(address.removeprefix("https://"))
    return f" <a href='{escape(address, quote=True)}'>{told}</a>" if address else ""


def _tally(table: pd.DataFrame) -> str:
    """Count the verdicts, the most frequent first, with their reasons."""
    parts, table = [], table[table["printed"] != ""]
    for word, n in table["verdict"].value_counts().items():
        reasons = table.loc[table["verdict"] == word, "reason"].str.split(", ").explode()
        known = ", ".join(reasons[reasons != ""].value_counts().index)
        parts.append(f"{n} {word}{because(word, known)}")
    return f"{len(table)} printed numbers: " + "; ".join(parts)


def _foot(text: str) -> str:
    style = "margin:.6em 0 0;font-size:.8em;opacity:.75"
    return f"<p style='{style}'>{escape(text)}</p>" if text else ""
