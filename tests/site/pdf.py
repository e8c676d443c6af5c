"""Write the pages of the built site, in their order, as one PDF: ``make pdf``, with Chromium.

Pages of runs on this machine and those that live from a click (the explorer) are left out.
"""

import asyncio
import base64
import sys
from io import BytesIO
from pathlib import Path

from bs4 import BeautifulSoup
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, NameObject

sys.path.insert(0, str(Path(__file__).parent))
from browser import chromium, connect, served

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "_build" / "html"
PAPER = {"paperWidth": 8.27, "paperHeight": 11.69, "printBackground": True}
"""A4, in inches; the words of verdicts stand on colours."""
LEFT_OUT = ("local/", "explorer.html")


def chapters() -> dict[str, str]:
    """Address of each page below ``book/`` and its name, as the side bar lists them."""
    start = BeautifulSoup((SITE / "book" / "index.html").read_text("utf-8"), "html.parser")
    listed = {a["href"]: a.text.strip() for a in start.select("nav.bd-links a.internal")}
    wanted = {k: name for k, name in listed.items() if not k.startswith(LEFT_OUT) and k != "#"}
    return {"index.html": "Five Papers, Re-run"} | wanted


PREFIX = """
for (const it of document.querySelectorAll('[id]')) it.id = '%(name)s:' + it.id;
for (const link of document.querySelectorAll('a[href^="#"]'))
  link.setAttribute('href', '#%(name)s:' + link.getAttribute('href').slice(1));
"""
"""Makes the places of a page its own: all chapters have a *What we saw*."""


async def main(target: Path) -> None:
    """Print all chapters to `target`, each with a bookmark; links between them stay in the book."""
    book, first = PdfWriter(), {}
    with chromium() as port, served(SITE) as address:
        page = await connect(port)
        for link, name in chapters().items():
            if trouble := await page.open(f"{address}/book/{link}"):
                sys.exit(f"make pdf: {link} was not printed: {trouble[0]}")
            await page.evaluate(PREFIX % {"name": Path(link).stem})
            printed = await page.call("Page.printToPDF", **PAPER)
            first[f"{address}/book/{link}"] = len(book.pages)
            book.append(BytesIO(base64.b64decode(printed["data"])), outline_item=name)
    _keep_links_inside(book, first, address)
    book.compress_identical_objects()
    book.write(target)
    print(f"{target}: {len(book.pages)} pages")


def _keep_links_inside(book: PdfWriter, first: dict[str, int], address: str) -> None:
    """Turn links to a chapter's address into jumps to its first page; drop others to the server."""
    for page in book.pages:
        kept = ArrayObject()
        for link in page.get("/Annots", []):
            to = link.get_object().get("/A", {}).get("/URI", "").partition("#")[0]
            if to in first:
                chapter = book.pages[first[to]].indirect_reference
                link.get_object()[NameObject("/Dest")] = ArrayObject([chapter, NameObject("/Fit")])
                del link.get_object()["/A"]
            if not to.startswith(address) or to in first:
                kept.append(link)
        page[NameObject("/Annots")] = kept


if __name__ == "__main__":
    asyncio.run(main(ROOT / "_build" / "five-papers.pdf"))
