"""The built site: every link inside it leads somewhere, every page renders without an error.

`make test` builds the site before; a site that is not there is a failure.
"""

import asyncio
import base64
import importlib.util
import os
import random
import subprocess
import sys
import zlib
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import numpy as np
import pandas as pd
import pytest
import yaml
from bs4 import BeautifulSoup
from PIL import Image
from pypdf import PdfReader

from busutils import figures, metrics

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "_build" / "html"
FOOT = "For research and teaching, not for diagnosis. The authors of the papers have not been"


def load(name):
    """Import a module that lies beside this file."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


browser = load("browser")
needs_chromium = pytest.mark.skipif(not browser.CHROMIUM, reason="Chromium is not installed")


@cache
def parsed(file):
    return BeautifulSoup(file.read_text(encoding="utf-8"), "html.parser")


@pytest.fixture(scope="module")
def pages():
    found = sorted((SITE / "book").rglob("*.html"))
    assert found, f"there is no site in {SITE}: call `make book` first"
    return found


def test_a_second_make_book_has_nothing_to_do(pages):
    command = [sys.executable, "-m", "snakemake", "site", "--dry-run", "--cores", "1"]
    own = os.environ | {"BUSUTILS_RUNS": ""}  # the runs that the site shows, not those of tests
    done = subprocess.run(command, cwd=ROOT, env=own, capture_output=True, text=True, check=True)
    assert "Nothing to be done" in done.stdout + done.stderr, "call `make book` first"


def test_formulas_need_no_script(pages):
    formulas = [math for page in pages for math in parsed(page).select("math")]
    assert any(math.find("mfrac") for math in formulas)
    assert not [page for page in pages if parsed(page).select("script[src*=mathjax i]")]


def test_every_written_page_is_built(pages):
    written = {
        file.relative_to(ROOT).with_suffix(".html")
        for pattern in ("*.md", "papers/*.ipynb", "local/*.ipynb")
        for file in (ROOT / "book").glob(pattern)
    }
    assert written <= {file.relative_to(SITE) for file in pages}


def test_every_page_has_a_title_and_the_foot(pages):
    for page in pages:
        assert parsed(page).h1, page
        assert FOOT in " ".join(parsed(page).get_text().split()), page


def test_links_inside_the_site_lead_somewhere(pages):
    targets = [(page, link) for page in [SITE / "index.html", *pages] for link in links(page)]
    assert len(targets) > 20 * len(pages)
    broken = {f"{page.relative_to(SITE)}: {link}" for page, link in targets if missing(page, link)}
    assert broken == set()


@needs_chromium
def test_the_explorer_counts_as_python_does_and_opens_from_a_file():
    trials = asyncio.run(explore(SITE / "book" / "explorer.html", random.Random(0), 20))
    assert len(trials) == 20
    for run, network, case, threshold, told in trials:
        one = next(of for of in run["cases"] if of["case"] == case)
        pixels = np.frombuffer(zlib.decompress(base64.b64decode(one["pixels"])), np.uint8)
        layers = pixels.reshape(-1, 1, run["height"], run["width"])
        at = 2 + run["networks"].index(network)
        counts = metrics.counts(layers[1] > 0, layers[at] / 255 >= threshold - 1e-9)
        dice, iou = (metrics.SCORES[name](counts)[0] for name in ("dice", "iou"))
        missed, false = counts.loc[0, ["fn", "fp"]]
        mean = run["curves"][network][run["thresholds"].index(threshold)]
        assert told == (
            f"{network}: Dice {dice:.4f}, IoU {iou:.4f}, {missed} pixels missed, {false} false. "
            f"Mean Dice of {run['lesions']} lesions {mean:.3f}."
        )


async def explore(page, chance, trials):
    """Choose runs, networks, cases and thresholds by chance; return each with what is told."""
    found = []
    with browser.chromium() as port:
        tab = await browser.connect(port)
        assert await tab.open(page.as_uri()) == []
        for _ in range(trials):
            await choose(tab, "run", chance)
            await choose(tab, "first", chance)
            case = (await choose(tab, "case", chance)).rpartition(", Dice")[0]
            place = chance.randrange(19)
            await tab.evaluate(
                f"{SLIDER}.value = {place}; {SLIDER}.dispatchEvent(new Event('input'))"
            )
            run = await tab.evaluate("window.explored[document.querySelector('[name=run]').value]")
            told = "document.querySelector('#explorer [data-network]')"
            network = await tab.evaluate(f"{told}.dataset.network")
            text = await tab.evaluate(f"{told}.textContent")
            found.append((run, network, case, run["thresholds"][place], text))
    return found


SLIDER = "document.querySelector('[name=threshold]')"


async def choose(tab, name, chance):
    """Choose an option by chance, as a person would, and wait until it is drawn."""
    of = f"document.querySelector('#explorer [name={name}]')"
    n = await tab.evaluate(f"{of}.options.length")
    await tab.evaluate(
        f"{of}.selectedIndex = {chance.randrange(n)};"
        f"{of}.dispatchEvent(new Event('change', {{bubbles: true}}));"
        "new Promise(done => setTimeout(done, 500))"
    )
    return await tab.evaluate(f"{of}.selectedOptions[0].text")


def links(page):
    for tag in parsed(page).find_all(["a", "img", "link", "script"]):
        address = tag.get("href") or tag.get("src")
        if address and not urlsplit(address).scheme and not address.startswith("//"):
            yield address


def missing(page, link):
    """Whether a link leads to no file, or to a place in a page that has no such place."""
    parts = urlsplit(link)
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    if not target.is_relative_to(SITE) or not target.is_file():
        return True
    fragment = unquote(parts.fragment)
    if not fragment or fragment == "#" or target.suffix != ".html":
        return False
    return parsed(target).find(id=fragment) is None and not parsed(target).find(
        attrs={"name": fragment}
    )


def test_words_of_the_glossary_are_explained_once_a_page(pages):
    links = {page: parsed(page).select("a.explained") for page in pages}
    assert not links[SITE / "book" / "glossary.html"]
    assert not links[SITE / "book" / "references.html"]  # L. R. Dice is no word
    for page, words in links.items():
        told = [link.text.lower() for link in words]
        assert len(set(told)) == len(told), page
        assert all(not link.find_parent(["a", "h1", "h2", "h3", "code", "table"]) for link in words)
    dice = links[SITE / "book" / "index.html"][0]
    assert (dice.text, dice["href"]) == ("Dice", "glossary.html#term-dice")
    entry = parsed(SITE / "book" / "glossary.html").find(id="term-dice")
    assert dice["aria-description"].startswith("2·TP / (2·TP + FP + FN): twice the overlap")
    assert entry.find_next("dd").text.startswith("2·TP / (2·TP + FP + FN): twice the overlap")


def drawing(address):
    kind, _, content = address.partition(";base64,")
    return base64.b64decode(content) if kind == "data:image/svg+xml" else b"<image"


def test_each_chart_saves_its_data_with_the_run_that_made_it(pages):
    """What has an image in its drawing is a row of pictures; all others are charts."""
    for page in pages:
        drawings = [f for f in parsed(page).select("figure") if not f.canvas and not f.input]
        charts = [f for f in drawings if b"<image" not in drawing(f.img["src"])]
        names = [link["download"] for link in parsed(page).select("figcaption a[download]")]
        assert len(set(names)) == len(names), page
        for chart in charts:
            run = chart.figcaption.text.partition("; run ")[2].partition(".")[0]
            link = chart.select_one("figcaption a[download$='.csv']")
            assert run and link, (page, chart.figcaption.text)
            assert link["download"].startswith(run)
            kind, _, content = link["href"].partition(";base64,")
            assert kind == "data:text/csv"
            assert base64.b64decode(content).count(b"\n") > 1


@needs_chromium
def test_the_slides_open_from_a_file_and_ask_before_they_tell():
    asks = "document.querySelectorAll('.slides h2').length"
    unseen = (
        "[...document.querySelectorAll('.fragment')].every(x => +getComputedStyle(x).opacity === 0)"
    )

    async def seen():
        with browser.chromium() as port:
            tab = await browser.connect(port)
            await tab.dress("light", 1280)
            trouble = await tab.open((SITE / "slides" / "index.html").as_uri())
            return trouble, await tab.evaluate(asks), await tab.evaluate(unseen)

    trouble, questions, hidden = asyncio.run(seen())
    page = SITE / "slides" / "index.html"
    findings = parsed(SITE / "book" / "index.html").select(".finding b")
    numbers = parsed(page).select(".fragment .number")
    assert not trouble
    assert not [link for link in links(page) if missing(page, link)]
    told = [number.text for number in numbers]
    assert findings and [number.text for number in findings] == told[: len(findings)]
    assert questions == len(told) and hidden


def test_the_pdf_has_each_chapter_once_in_the_order_of_the_site(pages):
    listed = load("pdf").chapters()
    names = [link.removesuffix(".html") for link in listed]
    assert names[0] == "index" and len(set(names)) == len(names)
    papers = [n.partition("/")[2][:2] for n in names if n.startswith("papers/")]
    assert papers == sorted(papers)
    written = {f.stem for f in pages if f.parent.name in ("book", "papers")}
    assert {name.rpartition("/")[2] for name in names} == written - {"explorer"}


@needs_chromium
def test_chapters_are_printed_with_bookmarks_and_links_inside_the_book(tmp_path, monkeypatch):
    pdf = load("pdf")
    wanted = {"teaching.html": "In a course", "glossary.html": "Glossary"}
    monkeypatch.setattr(pdf, "chapters", lambda: wanted)
    asyncio.run(pdf.main(tmp_path / "book.pdf"))
    book = PdfReader(tmp_path / "book.pdf")
    assert [mark.title for mark in book.outline] == ["In a course", "Glossary"]
    glossary = book.get_destination_page_number(book.outline[1])
    first = [of.get_object() for page in book.pages[:glossary] for of in page.get("/Annots", [])]
    jumps = [x["/Dest"][0].get_object() for x in first if isinstance(x.get("/Dest"), list)]
    assert book.pages[glossary] in jumps  # a word of the first chapter leads to the second
    assert "twice the overlap" in "".join(page.extract_text() for page in book.pages)
    links = [of.get_object() for page in book.pages for of in page.get("/Annots", [])]
    assert links and not [x for x in links if "127.0.0.1" in x.get("/A", {}).get("/URI", "")]


@needs_chromium
def test_a_card_shows_while_the_mouse_is_on_its_word():
    async def seen():
        with browser.chromium() as port:
            tab = await browser.connect(port)
            await tab.open((SITE / "book" / "index.html").as_uri())
            shown = "getComputedStyle(document.querySelector('a.explained'), '::after').content"
            before = await tab.evaluate(shown)
            place = "(({x, y}) => [x + 3, y + 3])(document.querySelector('a.explained').%s)"
            x, y = await tab.evaluate(place % "getBoundingClientRect()")
            await tab.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
            return before, await tab.evaluate(shown)

    before, after = asyncio.run(seen())
    assert before == "none"
    assert "twice the overlap" in after


def test_a_broken_link_would_be_found(pages):
    front = SITE / "book" / "index.html"
    assert missing(front, "no_such_page.html")
    assert missing(front, "glossary.html#no-such-place")
    assert not missing(front, "glossary.html#scores")


@needs_chromium
def test_every_page_renders_without_console_errors_and_without_network(pages):
    addresses = [page.relative_to(SITE).as_posix() for page in pages]
    troubles, titles = asyncio.run(visit(addresses))
    assert troubles == {}
    assert all(titles.values()), titles


async def visit(addresses):
    troubles, titles = {}, {}
    with browser.chromium() as port, browser.served(SITE) as address:
        page = await browser.connect(port)
        for name in addresses:
            if found := await page.open(f"{address}/{name}"):
                troubles[name] = found
            titles[name] = await page.evaluate("document.querySelector('h1').innerText")
    return troubles, titles


@needs_chromium
def test_the_start_page_is_at_most_2500_pixels_high_and_fits_a_phone(pages):
    async def measure():
        with browser.chromium() as port, browser.served(SITE) as address:
            page = await browser.connect(port)
            await page.open(f"{address}/book/index.html")
            await page.dress("light", 1280)
            height = await page.evaluate("document.documentElement.scrollHeight")
            await page.dress("light", 390)
            return height, await page.evaluate("document.documentElement.scrollWidth")

    height, width = asyncio.run(measure())
    assert height <= 2500 and width <= 390


def test_the_next_pages_are_the_papers_in_order_and_runs_of_this_machine_come_last():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    captions = [part["caption"] for part in toc["parts"]]
    assert (captions[0], captions[-1]) == ("The papers", "Your runs")
    titles = [chapter.get("title", "") for chapter in toc["parts"][0]["chapters"]]
    assert [title[:7] for title in titles if title] == [f"Paper {n}" for n in range(1, 6)]


@needs_chromium
def test_a_script_error_would_be_found(tmp_path):
    (tmp_path / "page.html").write_text(
        "<h1>x</h1><script>console.error('told'); nothing.there()</script>"
        "<img src='gone.png'><img src='https://example.org/a.png'>"
    )

    async def open_page():
        with browser.chromium() as port, browser.served(tmp_path) as address:
            return await (await browser.connect(port)).open(f"{address}/page.html")

    found = "\n".join(asyncio.run(open_page()))
    for trouble in ("told", "nothing is not defined", "404", "asks another server"):
        assert trouble in found


@needs_chromium
def test_a_table_is_sorted_by_value_and_its_numbers_stand_right(tmp_path):
    script = (ROOT / "book" / "_static" / "tables.js").read_text()
    rows = "".join(
        f"<tr><td>{name}</td><td>{value}</td></tr>"
        for name, value in (("VGG16", "0.9"), ("base", "0.10"), ("none", "–"), ("ResNet", "−0.5"))
    )
    (tmp_path / "page.html").write_text(
        "<meta charset='utf-8'><link rel='icon' href='data:,'><table class='dataframe'>"
        f"<thead><tr><th>row</th><th>Dice</th></tr></thead><tbody>{rows}</tbody></table>"
        f"<script>{script}</script>"
    )

    async def look():
        with browser.chromium() as port, browser.served(tmp_path) as address:
            page = await browser.connect(port)
            assert await page.open(f"{address}/page.html") == []
            right = await page.evaluate(
                "[...document.querySelectorAll('.number')].map(c => c.tagName).join(' ')"
            )
            return [right, *[await page.evaluate(CLICK.format(i)) for i in (2, 2, 1)]]

    assert asyncio.run(look()) == [
        "TH TD TD TD TD",
        "−0.5 0.10 0.9 –",
        "0.9 0.10 −0.5 –",
        "0.10 – −0.5 0.9",  # base none ResNet VGG16
    ]


CLICK = """
document.querySelector('th:nth-child({})').click();
[...document.querySelectorAll('td:nth-child(2)')].map(c => c.textContent).join(' ')
"""


@needs_chromium
def test_a_column_of_intervals_stands_right(tmp_path):
    script = (ROOT / "book" / "_static" / "tables.js").read_text()
    rows = "".join(
        f"<tr><td>a</td><td>{told}</td></tr>" for told in ("0.44–0.58", "−0.1 to 0.2", "–")
    )
    (tmp_path / "page.html").write_text(
        "<meta charset='utf-8'><link rel='icon' href='data:,'><table class='dataframe'><thead>"
        f"<tr><th>row</th><th>interval</th></tr></thead><tbody>{rows}</tbody></table>"
        f"<script>{script}</script>"
    )

    async def count():
        with browser.chromium() as port, browser.served(tmp_path) as address:
            page = await browser.connect(port)
            assert await page.open(f"{address}/page.html") == []
            return await page.evaluate("document.querySelectorAll('td.number').length")

    assert asyncio.run(count()) == 3


@needs_chromium
@pytest.mark.parametrize(("theme", "system"), [("light", "dark"), ("dark", "light")])
def test_a_figure_follows_the_switch_of_the_page_and_fits_a_phone(tmp_path, theme, system):
    history = pd.DataFrame({"job": "a", "epoch": range(1, 9), "loss": 0.5, "val_loss": 0.6})
    drawn = figures.embed(figures.curves(history, {"Net": ["a"]}, title="A finding"), "Loss.")
    (tmp_path / "page.html").write_text(
        f"<html style='color-scheme:{theme};background:white'><meta charset='utf-8'>"
        f"<link rel='icon' href='data:,'><body style='margin:0'>{drawn}"
    )

    async def look():
        with browser.chromium() as port, browser.served(tmp_path) as address:
            page = await browser.connect(port)
            assert await page.open(f"{address}/page.html") == []
            for width in (1280, 390):
                await page.picture(tmp_path / f"{width}.png", system, width)
                yield await page.evaluate(
                    "[document.documentElement.scrollWidth, document.querySelector('img')"
                    ".currentSrc === document.querySelector('source').srcset]"
                )

    async def looked():
        return [seen async for seen in look()]

    assert asyncio.run(looked()) == [[1280, False], [390, True]]
    ink = {"light": figures.look.GREY, "dark": figures.look.ON_DARK}
    for width in (1280, 390):
        seen = np.asarray(Image.open(tmp_path / f"{width}.png").convert("RGB")).reshape(-1, 3)
        colours = {"#{:02x}{:02x}{:02x}".format(*colour) for colour in np.unique(seen, axis=0)}
        assert ink[theme] in colours
        assert (ink["light"] in colours) == (theme == "light")  # the darker one
