"""A page in the browser as a reader meets it: from a file or a server, with a width, a theme, and what it asked for."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, Final

from selenium.webdriver.support.wait import WebDriverWait

if TYPE_CHECKING:
    from collections.abc import Sequence

    from selenium.webdriver import Chrome

LONG_S: Final = 120
"""Seconds after which a page counts as never drawn; a busy machine is no fault of the page."""

QUIET: Final = ("data:", "blob:", "about:", "chrome:", "chrome-extension:", "devtools:")


class OpenedPage:
    """A page in the browser; `restore` undoes what was emulated."""

    def __init__(self, browser: Chrome) -> None:
        self.browser = browser

    def open(self, address: str, *, until: str = "figures-drawn") -> None:
        """Open an address and wait for a class of its root element; for nothing where none is named."""
        self.browser.get("about:blank")
        self.console()
        self.requests()
        self.browser.get(address)
        if until:
            self.wait(f"document.documentElement.classList.contains('{until}')")

    def wait(self, condition: str) -> None:
        """Wait until a condition of JavaScript holds."""
        WebDriverWait(self.browser, LONG_S, poll_frequency=0.05).until(
            lambda _: self.run(f"return Boolean({condition})")
        )

    def run(self, script: str, *arguments: object) -> Any:  # noqa: ANN401  (whatever the script returns)
        return self.browser.execute_script(script, *arguments)

    def resize(self, width: int, height: int, *, mobile: bool = False) -> None:
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile}
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def prefer(self, *, media: str = "", **features: str) -> None:
        """Set the medium, and what the reader's system prefers: `prefers_color_scheme="dark"`."""
        listed = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": listed})

    def script(self, *, allowed: bool) -> None:
        self.browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not allowed})

    def print(self, *, width: float = 8.27, height: float = 11.69) -> bytes:
        """Return the page as PDF; inches, A4 unless told otherwise."""
        paper = {"printBackground": False, "paperWidth": width, "paperHeight": height}
        return base64.b64decode(self.browser.execute_cdp_cmd("Page.printToPDF", paper)["data"])

    def console(self) -> list[str]:
        return [entry["message"] for entry in self._log("browser")]

    def requests(self) -> Sequence[str]:
        """Return every address that was asked for since the last call."""
        events = [json.loads(entry["message"])["message"] for entry in self._log("performance")]
        asked = (
            event["params"]["request"]["url"]
            for event in events
            if event["method"] == "Network.requestWillBeSent"
        )
        return [url for url in asked if not url.startswith(QUIET)]

    def restore(self) -> None:
        """Undo what was emulated."""
        self.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        self.prefer()
        self.script(allowed=True)

    def _log(self, kind: str) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = self.browser.get_log(kind)  # type: ignore[no-untyped-call]
        return entries
