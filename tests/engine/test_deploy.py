"""docs/deploy.md, line by line."""

from __future__ import annotations

import re
import subprocess

from tests.engine.cli import ROOT
from tests.engine.workspace import TIMEOUT, Make

_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.M | re.S)


def test_the_page_is_a_path_that_works(new_stack: Make) -> None:
    site = new_stack("staging")  # dev is made by the page itself
    home = site.folder / "home"
    home.mkdir()
    environment = {**site.environment(), "HOME": str(home)}
    for chosen_by_the_page in ("PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE"):
        del environment[chosen_by_the_page]
    page = (ROOT / "docs" / "deploy.md").read_text()
    lines = "".join(_BLOCK.findall(page))
    assert lines.count("pulumi ") >= 10
    script = "set -euo pipefail\n" + lines
    environment["PATH"] = f"{site.cli.pulumi.parent}:{environment['PATH']}"
    ended = subprocess.run(
        ["bash", "-xc", script],
        cwd=site.folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
    )
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-3000:]
    assert (home / "passphrase").stat().st_mode & 0o077 == 0
    assert "fraud-endpoint:logRetentionDays" in (site.folder / "Pulumi.dev.yaml").read_text()
