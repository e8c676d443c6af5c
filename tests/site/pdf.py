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

sys.path.insert(0, str(Path(__file__).parent))
from browser import CHROMIUM, chromium, connect, served

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


async def main(target: Path) -> None:
    """Print all chapters to `target`, each with a bookmark."""
    book = PdfWriter()
    with chromium() as port, served(SITE) as address:
        page = await connect(port)
        for link, name in chapters().items():
            await page.open(f"{address}/book/{link}")
            printed = await page.call("Page.printToPDF", **PAPER)
            book.append(BytesIO(base64.b64decode(printed["data"])), outline_item=name)
    book.compress_identical_objects()
    book.write(target)
    print(f"{target}: {len(book.pages)} pages")


if __name__ == "__main__":
    if not CHROMIUM:
        sys.exit("make pdf: Chromium prints the pages: install it (on Debian: chromium)")
    asyncio.run(main(ROOT / "_build" / "five-papers.pdf"))
