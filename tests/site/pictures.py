"""Write every page of the built site as a picture, light and dark, wide and as a phone shows it.

A person looks at them before a change of looks is taken: ``make pictures``.
"""

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from browser import chromium, connect, served

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "_build" / "html"
WIDTHS = {"wide": 1280, "phone": 390}


async def main(target: Path) -> None:
    """Write ``<page>-<scheme>-<width>.png`` for all pages to `target`."""
    target.mkdir(parents=True, exist_ok=True)
    with chromium() as port, served(SITE) as address:
        page = await connect(port)
        for file in sorted((SITE / "book").rglob("*.html")):
            await page.open(f"{address}/{file.relative_to(SITE).as_posix()}")
            for name, width in WIDTHS.items():
                for scheme in ("light", "dark"):
                    await page.picture(target / f"{file.stem}-{scheme}-{name}.png", scheme, width)


if __name__ == "__main__":
    asyncio.run(main(ROOT / "_build" / "pictures"))
