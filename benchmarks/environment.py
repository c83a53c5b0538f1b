"""A Python environment like the one in the SageMaker scikit-learn 1.9-0 image."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from model.errors import UserError
from model.progress import Say

_HERE = Path(__file__).resolve().parent / "container"
_LIBRARIES, _SERVER = _HERE / "libraries.lock", _HERE / "server.lock"
_SERVING = _HERE / "serving_module.py"
_SITE = Path("lib/python3.12/site-packages")


def python312() -> Path | None:
    """A Python 3.12 of this machine: PYTHON312, the PATH or pyenv."""
    named = os.environ.get("PYTHON312") or shutil.which("python3.12")
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    found = [Path(named)] if named else []
    for python in [*found, *sorted(pyenv.glob("versions/3.12*/bin/python3.12"))]:
        try:
            done = subprocess.run([python, "-c", "import venv"], capture_output=True, timeout=20, check=False)  # noqa: S603
        except (OSError, subprocess.TimeoutExpired):
            continue
        if done.returncode == 0:
            return python
    return None


def ensure(folder: Path, say: Say) -> Path:
    """The look-alike environment's Python, built from the locks when it is missing, moved or they have changed.

    UserError when there is no Python 3.12 or the package index or a C compiler does not answer.
    """
    python, marker = folder / "bin" / "python", folder / ".built-from"
    # Its scripts name their interpreter by its path: those of a copied environment run the original's libraries.
    made_of = [path.read_bytes() for path in (_LIBRARIES, _SERVER, _SERVING)] + [
        str(python.absolute()).encode()
    ]
    digest = hashlib.sha256(b"".join(made_of)).hexdigest()
    if marker.is_file() and marker.read_text(encoding="utf-8") == digest:
        return python.absolute()
    base = python312()
    if base is None:
        raise UserError("The container's look-alike needs Python 3.12: install one or name it in PYTHON312.")
    say(f"building the container's look-alike environment in {folder} (a minute, once)")
    _run([str(base), "-m", "venv", "--clear", str(folder)])
    install = [str(python), "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
    _run([*install, "-r", str(_LIBRARIES)])
    _run([*install, "--no-build-isolation", "-r", str(_SERVER)])
    _as_in_image(folder / _SITE)
    marker.write_text(digest, encoding="utf-8")
    return python.absolute()


def optimised(python: Path) -> bool:
    """Whether this Python was built with profile-guided optimisation, which speeds its interpreter up."""
    code = "import sysconfig; print(sysconfig.get_config_var('CONFIG_ARGS'))"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)  # noqa: S603
    return "--enable-optimizations" in done.stdout


def fresh(python: Path) -> None:
    """Removes what the image's own application has installed of an artifact's code: a new container has none."""
    site = python.parent.parent / _SITE
    for path in (*site.glob("inference*"), *site.glob("model")):
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _as_in_image(site: Path) -> None:
    mapping = site / "sagemaker_containers" / "_mapping.py"
    # The image's build makes the same replacement: the name is gone since Python 3.10.
    text = mapping.read_text(encoding="utf-8").replace("collections.Mapping", "collections.abc.Mapping")
    mapping.write_text(text.replace("import collections\n", "import collections.abc\n"), encoding="utf-8")
    module = site / "sagemaker_sklearn_container"
    module.mkdir(exist_ok=True)
    (module / "__init__.py").touch()
    shutil.copyfile(_SERVING, module / "serving.py")


def _run(command: list[str]) -> None:
    done = subprocess.run(command, stdout=sys.stderr, stderr=subprocess.PIPE, text=True, check=False)  # noqa: S603
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise UserError(
            f"The look-alike environment could not be built ({last}): see benchmarks/environment.py."
        )
