"""What a preview loads: who only declares waits for no library of data or training."""

from __future__ import annotations

import subprocess
import sys

from tests.harness import PROJECT

_HEAVY = ("matplotlib", "onnx", "onnxruntime", "pandas", "pyarrow", "scipy", "sklearn")


def test_declaring_loads_no_library_of_data_or_training() -> None:
    code = "import sys, components, settings; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert {"components", "settings"} <= set(done.stdout.split())
    assert not set(_HEAVY) & set(done.stdout.split())
