"""Asks the other evaluator again and records what it says: `python -m tests.endpoint_guard.iam_peer.renew`.

It needs node and npm, and installs the package below into a temporary folder; the tests need neither.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Final

from tests.endpoint_guard.iam_peer.documents import cases

PACKAGE: Final = "@cloud-copilot/iam-simulate@0.1.173"
RECORDED: Final = Path(__file__).with_name("recorded.json")


def main() -> int:
    """Writes `recorded.json`: the package, and for each case its name and one letter (y or n) a request."""
    made = cases()
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(Path(__file__).with_name("peer.mjs"), folder)
        install = [
            "npm",
            "install",
            "--prefix",
            folder,
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
            PACKAGE,
        ]
        subprocess.run(install, check=True, stdout=sys.stderr)
        asked = json.dumps([asdict(case) for case in made])
        answer = subprocess.run(
            ["node", str(Path(folder, "peer.mjs"))], input=asked, text=True, check=True, capture_output=True
        )
    verdicts = json.loads(answer.stdout)
    rows = {
        f"{case.kind}: {case.name}": "".join("y" if allowed else "n" for allowed in own)
        for case, own in zip(made, verdicts, strict=True)
    }
    RECORDED.write_text(json.dumps({"package": PACKAGE, "verdicts": rows}, indent=1) + "\n", "utf-8")
    sys.stderr.write(f"{len(rows)} documents, {sum(map(len, rows.values()))} requests\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
