"""A real headless Chromium, driven over its own debugging protocol: pages are loaded, read, clicked and photographed.

    async with Chromium(folder) as browser:
        page = await browser.page(width=360, height=800)
        await page.go(f"{url}/login")
        await page.until("document.title === 'Sign in'")

Waiting is by the page's own changes (`Page.until`), never by time. Everything that the page complained about (script
errors, what its policy blocked) is in `Page.complaints`.
"""

import asyncio
import base64
import itertools
import json
import shutil
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp

from tests.lab.process import LabError, LabProcess

_START_S = 30.0
_ANSWER_S = 20.0
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
    "--remote-allow-origins=*",
)
_UNTIL = """
new Promise((resolve, reject) => {
  const look = () => { try { return (%s); } catch { return false; } };
  const found = look();
  if (found) { resolve(found); return; }
  const observer = new MutationObserver(() => {
    const found = look();
    if (found) { observer.disconnect(); resolve(found); }
  });
  observer.observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
  setTimeout(() => { observer.disconnect(); reject(new Error("not so after %d ms")); }, %d);
})
"""


class Chromium:
    """One browser with an empty profile of its own."""

    def __init__(self, folder: Path, *, languages: str = "zh-CN") -> None:
        """Keep the profile and the log in `folder`; `languages` is what the browser asks pages for."""
        self._folder = folder
        self._languages = languages
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._pages: dict[str, Page] = {}

    async def __aenter__(self) -> Self:
        """Start it and connect."""
        program = shutil.which("chromium")
        if program is None:
            message = "there is no chromium on this machine"
            raise LabError(message)
        profile = self._folder / "profile"
        argv = [program, *_FLAGS, f"--accept-lang={self._languages}", f"--user-data-dir={profile}", "about:blank"]
        self._process = LabProcess.start("chromium", argv, log=self._folder / "chromium.log")
        try:
            address = await self._address(profile / "DevToolsActivePort")
            self._http = aiohttp.ClientSession()
            self._socket = await self._http.ws_connect(address, max_msg_size=0)
        except BaseException:
            await self._process.stop()
            raise
        self._listening = asyncio.create_task(self._listen(), name="chromium")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it."""
        self._listening.cancel()
        await self._socket.close()
        await self._http.close()
        await self._process.stop()

    async def page(self, *, width: int = 1440, height: int = 900, dark: bool = False) -> "Page":
        """Open a page of this size, with cookies shared among the browser's pages."""
        target = await self.command("Target.createTarget", url="about:blank")
        session = await self.command("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        page = self._pages[session["sessionId"]] = Page(self, session["sessionId"])
        for domain in ("Page", "Runtime", "Log", "Network"):
            await page.command(f"{domain}.enable")
        await page.resize(width, height, dark=dark)
        return page

    async def forget(self) -> None:
        """Delete all cookies."""
        await self.command("Storage.clearCookies")

    async def command(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """One command of the protocol; its result. Raises LabError."""
        number = next(self._numbers)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        message = {"id": number, "method": method, "params": parameters}
        await self._socket.send_str(json.dumps(message if session is None else {**message, "sessionId": session}))
        try:
            async with asyncio.timeout(_ANSWER_S):
                result: dict[str, Any] = await answer
        except TimeoutError:
            raise self._process.error(f"chromium did not answer {method}") from None
        else:
            return result
        finally:
            del self._waiting[number]

    async def _address(self, file: Path) -> str:
        try:
            async with asyncio.timeout(_START_S):
                while not (file.exists() and file.read_text().count("\n") >= 1):
                    if self._process.returncode is not None:
                        raise self._process.error("chromium ended while it started")
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise self._process.error("chromium has not started") from None
        port, path = file.read_text().split("\n")[:2]
        return f"ws://127.0.0.1:{port}{path}"

    async def _listen(self) -> None:
        async for message in self._socket:
            data = json.loads(message.data)
            if (answer := self._waiting.get(data.get("id", 0))) is not None and not answer.done():
                if "error" in data:
                    answer.set_exception(LabError(str(data["error"])))
                else:
                    answer.set_result(data["result"])
            elif (page := self._pages.get(data.get("sessionId", ""))) is not None:
                page.hear(data["method"], data["params"])


class Page:
    """One page."""

    def __init__(self, browser: Chromium, session: str) -> None:
        """Made by `Chromium.page`."""
        self.complaints: list[str] = []
        self.requested: list[str] = []
        self._browser = browser
        self._session = session
        self._loaded = asyncio.Event()

    async def command(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command of the protocol, to this page."""
        return await self._browser.command(method, self._session, **parameters)

    async def resize(self, width: int, height: int, *, dark: bool = False) -> None:
        """Another size; `dark`: the system prefers dark colours."""
        await self.command(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self.command("Emulation.setEmulatedMedia", features=[scheme])

    async def show(self) -> None:
        """Bring it before the browser's other pages, which are hidden then."""
        await self.command("Page.bringToFront")

    async def go(self, url: str) -> None:
        """Load an address and wait until it is loaded. Raises LabError if it cannot be reached."""
        self._loaded.clear()
        result = await self.command("Page.navigate", url=url)
        if result.get("errorText"):
            message = f"{url}: {result['errorText']}"
            raise LabError(message)
        await self._until_loaded(url)

    async def submit(self, script: str) -> None:
        """Do something in the page that loads another one, and wait for it."""
        self._loaded.clear()
        await self.run(script)
        await self._until_loaded(script)

    async def run(self, script: str) -> Any:
        """The value of an expression in the page; a promise is awaited. Raises LabError if it throws."""
        result = await self.command(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True, userGesture=True
        )
        if "exceptionDetails" in result:
            details = result["exceptionDetails"]
            raise LabError(details.get("exception", {}).get("description") or details["text"])
        return result["result"].get("value")

    async def key(self, key: str) -> None:
        """Press a key and let it go, where the focus is."""
        code, text = {"Enter": (13, "\r"), "Escape": (27, ""), "Tab": (9, ""), " ": (32, " ")}[key]
        about = {"key": key, "windowsVirtualKeyCode": code}
        await self.command("Input.dispatchKeyEvent", type="keyDown", text=text, **about)
        await self.command("Input.dispatchKeyEvent", type="keyUp", **about)

    async def until(self, expression: str, within_s: float = 10.0) -> Any:
        """Wait until an expression is true in the page, looking at it whenever the page changes; its value.

        Raises LabError with the expression, and what the page shows.
        """
        milliseconds = int(within_s * 1000)
        try:
            return await self.run(_UNTIL % (expression, milliseconds, milliseconds))
        except LabError as error:
            message = f"{expression}: {error}\n{await self.text()}\n{self.complaints}"
            raise LabError(message) from None

    async def text(self) -> str:
        """What the page shows, as text."""
        return str(await self.run("document.body.innerText"))

    async def photograph(self, file: Path) -> None:
        """Put the whole page into a PNG file, as it is when nothing moves any more."""
        await self.run("Promise.allSettled(document.getAnimations().map((one) => one.finished)).then(() => true)")
        picture = await self.command("Page.captureScreenshot", captureBeyondViewport=True)
        file.write_bytes(base64.b64decode(picture["data"]))

    def hear(self, method: str, parameters: dict[str, Any]) -> None:
        """Take an event of the protocol."""
        if method == "Page.loadEventFired":
            self._loaded.set()
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(str(parameters["exceptionDetails"].get("exception", parameters)))
        elif method == "Log.entryAdded" and parameters["entry"]["level"] in {"error", "warning"}:
            self.complaints.append(f"{parameters['entry']['text']} {parameters['entry'].get('url', '')}")
        elif method == "Network.requestWillBeSent":
            self.requested.append(parameters["request"]["url"])

    async def _until_loaded(self, what: str) -> None:
        try:
            async with asyncio.timeout(_ANSWER_S):
                await self._loaded.wait()
        except TimeoutError:
            message = f"not loaded after {_ANSWER_S:.0f} s: {what}"
            raise LabError(message) from None
