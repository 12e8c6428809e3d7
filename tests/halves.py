"""Run the suite in two halves at once, one for each core, with coverage; show both in full."""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
#: About as long as each other. A third folder of tests goes where there is time.
HALVES: Final = (
    ("tests/server", "tests/stories"),
    (
        "tests/clients",
        "tests/schemas",
        "tests/federation",
        "tests/moderation",
        "tests/architecture",
        "tests/security",
        "tests/wire",
        "tests/pages",
        "tests/fedify",
        "tests/programs",
        "tests/faults",
        "tests/fuzz",
        "tests/guards",
    ),
)


def main() -> int:
    runs = []
    for folders in HALVES:
        output = tempfile.TemporaryFile()  # noqa: SIM115 it lives as long as the run
        command = [sys.executable, "-m", "coverage", "run", "-m", "pytest", "--durations=8"]
        process = subprocess.Popen(  # noqa: S603 our own interpreter, our own folders
            [*command, *folders], cwd=ROOT, stdout=output, stderr=subprocess.STDOUT
        )
        runs.append((process, output))
    failed = 0
    missed: list[str] = []
    for process, output in runs:
        failed |= process.wait()
        output.seek(0)
        text = output.read().decode(errors="replace")
        missed += [line for line in text.splitlines() if line.startswith(("FAILED ", "ERROR "))]
        sys.stdout.write(text)
        sys.stdout.flush()
    # Once more at the end: where only the last lines are kept, these are what is wanted.
    sys.stdout.writelines(f"{line}\n" for line in missed)
    return int(failed != 0)


if __name__ == "__main__":
    sys.exit(main())
