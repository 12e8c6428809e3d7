"""Render every page with samples, photograph it, and let axe and the CSP complain.

Run `python -m tests.pages.gallery [FOLDER] [PAGE…]`; pictures and pages go to FOLDER.
"""

import json
import shutil
import sys
from collections.abc import Callable
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Literal

from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from server.handlers.pages.rendering import environment, render
from tests.pages import samples as s
from tests.pages.gallery_pages import PAGES

BUILT = Path(__file__).parents[2] / "server/static/built"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
CSP = (
    "default-src 'none'; script-src 'self' 'nonce-gallery'; style-src 'self'; img-src 'self'; "
    "media-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
#: Width and height in CSS pixels, colour scheme; 320 px is 1280 px at 400 % zoom.
LOOKS: dict[str, tuple[int, int, Literal["light", "dark"]]] = {
    "wide": (1280, 900, "light"),
    "phone": (390, 844, "light"),
    "dark": (1280, 900, "dark"),
    "zoomed": (320, 640, "dark"),
}

OPEN = "(which) => document.querySelectorAll(which).forEach((one) => { one.open = true; })"


class StrictHandler(SimpleHTTPRequestHandler):
    """Serves the folder with the policy that the server will send."""

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", CSP)
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  its name upstream
        """Say nothing: the complaints are the output."""


def frame(manifest: dict[str, str]) -> dict[str, object]:
    return {
        "instance": s.INSTANCE,
        "member": s.MEMBER,
        "csrf": "sample",
        "nonce": "gallery",
        "static": lambda name: f"/static/{manifest[name]}",
        "flash": None,
        "now": s.NOW,
        "hidden_posts": 0,
        "path": "/communities",
        "errors": {},
        "form": {},
    }


def write_pages(folder: Path, names: list[str]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(BUILT, folder / "static")
    Image.radial_gradient("L").resize((960, 540)).save(folder / "static/sample.png")
    for name in ("sample.mp4", "sample.mp3"):
        (folder / "static" / name).touch()
    base = frame(json.loads((BUILT / "manifest.json").read_text()))
    env = environment()
    for name in names:
        template, values = PAGES[name]
        (folder / f"{name}.html").write_text(render(env, template, **base | values))


def complaints(page: Page) -> list[str]:
    """What axe finds with all folds open, then with all menus open as well."""
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    overflow = [f"is {wide} px too wide"] if wide > 0 else []
    page.evaluate(OPEN, "details:not(.menu)")
    folds = violations(page, {})
    page.evaluate(OPEN, "details.menu")
    # Menus are open one at a time; all at once they cover each other's targets.
    menus = violations(page, {"target-size": {"enabled": False}})
    return overflow + folds + [line for line in menus if line not in folds]


def violations(page: Page, rules: dict[str, object]) -> list[str]:
    options = {"runOnly": {"type": "tag", "values": WCAG}, "rules": rules}
    found = Axe().run(page, options=options)
    return [
        f"{problem['id']}: {node['target']} {node.get('failureSummary', '')}"
        for problem in found.response["violations"]
        for node in problem["nodes"]
    ]


def photograph(browser: Browser, address: str, folder: Path, names: list[str]) -> int:
    total = 0
    for look, (width, height, scheme) in LOOKS.items():
        page = browser.new_page(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            reduced_motion="reduce",
        )
        said: list[str] = []
        page.on("console", partial(_remember, said))
        for name in names:
            page.goto(f"{address}/{name}.html", wait_until="load")
            page.screenshot(path=folder / f"{name}-{look}.png", full_page=True)
            found = complaints(page) + said
            said.clear()
            total += len(found)
            for line in found:
                sys.stdout.write(f"{name} {look}: {line}\n")
        page.close()
    return total


def _remember(said: list[str], message: ConsoleMessage) -> None:
    if message.type in {"error", "warning"}:
        said.append(message.text)


def served(folder: Path, use: Callable[[str], int]) -> int:
    handler = partial(StrictHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            return use(f"http://127.0.0.1:{server.server_port}")
        finally:
            server.shutdown()


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".state/gallery")
    names = sys.argv[2:] or list(PAGES)
    write_pages(folder, names)
    whole = [name for name in names if name != "preview"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        total = served(folder, lambda at: photograph(browser, at, folder, whole))
    sys.stdout.write(f"{len(names)} pages, {total} complaints\n")


if __name__ == "__main__":
    main()
