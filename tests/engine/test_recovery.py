"""An update that fails or is cut off in the middle, and the way out that docs/deploy.md gives."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine import aws
from tests.engine.workspace import FAILED, TIMEOUT, Make, Workspace

MODEL = "aws:sagemaker/model:Model::model"
pytestmark = pytest.mark.xdist_group("recovery")


@contextmanager
def broken(new_stack: Make, fault: str) -> Iterator[Workspace]:
    """A new dev stack whose AWS does not create the model: `fail`: it is refused once; `hang`: there is no answer."""
    with aws.serving(f"--{fault}-create", MODEL) as port:
        yield replace(new_stack("dev"), port=port, checkpoints=True)


def standing(stack: Workspace) -> None:
    """Nothing is left to do, and no operation is pending."""
    ended = stack.judged("preview")
    assert ended.code == 0, ended.out + ended.err
    assert ended.steps() == {}
    assert stack.export().get("pending_operations", []) == []


def test_an_update_that_aws_refuses_is_finished_by_the_next(new_stack: Make) -> None:
    with broken(new_stack, "fail") as dev:
        failed = dev.judged("up", "--skip-preview")
        assert failed.code == FAILED, failed.out
        assert "this failure was ordered" in failed.out
        before = {resource["urn"]: resource.get("id") for resource in dev.state()}
        assert before
        assert not [urn for urn in before if urn.endswith(MODEL)]
        finished = dev.judged("up", "--skip-preview")
        assert finished.code == 0, finished.out + finished.err
        assert set(finished.changes()) == {"same", "create"}
        after = {resource["urn"]: resource.get("id") for resource in dev.state()}
        assert before.items() <= after.items()
        standing(dev)


def test_an_interrupted_update_ends_in_order_and_is_finished_by_the_next(
    new_stack: Make, tmp_path: Path
) -> None:
    with broken(new_stack, "hang") as dev:
        output = tmp_path / "output.txt"
        with dev.stuck(MODEL, output) as update:
            update.send_signal(signal.SIGINT)
            assert update.wait(TIMEOUT) == FAILED
        assert "cancel" in output.read_text()
        assert dev.export().get("pending_operations", []) == []
        finished = dev.judged("up", "--skip-preview")
        assert finished.code == 0, finished.out + finished.err
        standing(dev)


def test_after_a_killed_update_the_engine_tells_what_is_pending(new_stack: Make, tmp_path: Path) -> None:
    with broken(new_stack, "hang") as dev:
        with dev.stuck(MODEL, tmp_path / "output.txt"):
            pass
        locked = dev.judged("up", "--skip-preview")
        assert locked.code == FAILED
        assert "pulumi cancel" in locked.err
        assert dev.pulumi("cancel", "-s", "dev", "--yes").code == 0
        (pending,) = dev.export()["pending_operations"]
        assert pending["type"] == "creating"
        assert pending["resource"]["urn"].endswith(MODEL)
        # The engine warns and goes on: where AWS has the model, this would make another.
        warned = dev.judged("up", "--skip-preview")
        assert warned.code == 0, warned.out + warned.err
        assert f"{MODEL}, interrupted while creating" in warned.out + warned.err
        assert dev.export()["pending_operations"] == [pending]
        cleared = dev.run("refresh", "--clear-pending-creates")
        assert cleared.code == 0, cleared.out
        standing(dev)
