"""Stands in for the image's serving module, which is in no package index: the four functions as a Flask worker.

Copied into the look-alike environment under that module's name; like there, a worker loads its model when its
first request comes.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sagemaker_containers.beta.framework import env, transformer, worker

_workers: list[Any] = []


def main(environ: Mapping[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The WSGI application that the image names in SAGEMAKER_SERVING_MODULE."""
    if not _workers:
        name = env.ServingEnv().module_name
        code = importlib.import_module(name)
        functions = {
            part: getattr(code, part) for part in ("model_fn", "input_fn", "predict_fn", "output_fn")
        }
        served = transformer.Transformer(**functions)
        served.initialize()
        _workers.append(worker.Worker(transform_fn=served.transform, module_name=name))
    answer: Iterable[bytes] = _workers[0](environ, start_response)
    return answer
