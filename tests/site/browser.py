"""A headless Chromium on the built site, spoken to by the DevTools protocol."""

import asyncio
import base64
import json
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory

from tornado.websocket import WebSocketClientConnection, websocket_connect

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--hide-scrollbars", "--remote-debugging-port=0", "--disable-dev-shm-usage"),
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # the site needs no network
)
WAIT_SECONDS = 60


class Page:
    """One tab: open addresses in it, and ask what went wrong or how it looks."""

    def __init__(self, socket: WebSocketClientConnection):
        self.socket = socket
        self.sent = 0
        self.events: list[dict] = []

    async def call(self, method: str, **params) -> dict:
        """Send a command and return its result; events on the way are kept."""
        self.sent += 1
        await self.socket.write_message(
            json.dumps({"id": self.sent, "method": method, "params": params})
        )
        while True:
            message = await self._read()
            if message.get("id") == self.sent:
                assert "error" not in message, message
                return message["result"]
            self.events.append(message)

    async def open(self, address: str) -> list[str]:
        """Load a page and return its console errors, exceptions and failed or foreign requests."""
        self.events = []
        await self.call("Page.navigate", url=address)
        while not any(e.get("method") == "Page.loadEventFired" for e in self.events):
            self.events.append(await self._read())
        await self.evaluate("new Promise(done => setTimeout(done, 200))")
        return [told for event in self.events if (told := _trouble(event))]

    async def evaluate(self, expression: str) -> object:
        """Return the value of a JavaScript expression, awaited."""
        answer = await self.call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        return answer["result"].get("value")

    async def dress(self, scheme: str, width: int, height: int = 900) -> None:
        """Show pages in the colour scheme ``light`` or ``dark`` on a screen of so many pixels."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        await self.call("Emulation.setEmulatedMedia", features=features)
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        await self.call("Emulation.setDeviceMetricsOverride", **size)
        await self.evaluate("new Promise(done => setTimeout(done, 700))")  # side bars slide

    async def picture(self, file: Path, scheme: str, width: int) -> None:
        """Write the whole page, on a screen as high as the page, as PNG."""
        await self.dress(scheme, width)
        height = await self.evaluate("document.documentElement.scrollHeight")
        await self.dress(scheme, width, height)
        shot = await self.call("Page.captureScreenshot")
        file.write_bytes(base64.b64decode(shot["data"]))

    async def _read(self) -> dict:
        text = await asyncio.wait_for(self.socket.read_message(), WAIT_SECONDS)
        assert text is not None, "Chromium closed the connection"
        return json.loads(text)


def _trouble(event: dict) -> str | None:
    match event:
        case {"method": "Runtime.consoleAPICalled", "params": {"type": "error", "args": args}}:
            return f"console: {[a.get('value') for a in args]}"
        case {"method": "Runtime.exceptionThrown", "params": {"exceptionDetails": details}}:
            return f"exception: {details.get('exception', details)}"
        case {"method": "Log.entryAdded", "params": {"entry": {"level": "error"} as entry}}:
            return f"log: {entry['text']} {entry.get('url', '')}"
        case {"method": "Network.requestWillBeSent", "params": {"request": {"url": url}}}:
            local = url.startswith(("http://127.0.0.1", "file:", "data:", "blob:"))
            return None if local else f"asks another server: {url}"
    return None


async def connect(port: int) -> Page:
    """Open a new tab of a running Chromium."""
    from tornado.httpclient import AsyncHTTPClient

    answer = await AsyncHTTPClient().fetch(
        f"http://127.0.0.1:{port}/json/new?about:blank", method="PUT", body=""
    )
    page = Page(
        await websocket_connect(
            json.loads(answer.body)["webSocketDebuggerUrl"], max_message_size=2**28
        )
    )
    for domain in ("Page", "Runtime", "Log", "Network"):
        await page.call(f"{domain}.enable")
    return page


@contextmanager
def chromium() -> Iterator[int]:
    """Start Chromium with an empty profile; gives the port of its DevTools."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [CHROMIUM, *FLAGS, f"--user-data-dir={profile}"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield _port(process, Path(profile) / "DevToolsActivePort")
        finally:
            process.terminate()
            process.wait(WAIT_SECONDS)


def _port(process: subprocess.Popen, file: Path) -> int:
    for _ in range(WAIT_SECONDS * 10):
        if file.exists() and (lines := file.read_text().splitlines()):
            return int(lines[0])
        assert process.poll() is None, "Chromium ended before it could be spoken to"
        time.sleep(0.1)
    raise AssertionError("Chromium did not say its port")


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on this machine; gives its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
