"""The smallest test of the real engine: one preview of a new stack."""

from __future__ import annotations

from tests.engine.workspace import Make


def test_a_preview_of_a_new_stack_is_clean(new_stack: Make) -> None:
    dev = new_stack("dev")
    ended = dev.judged("preview")
    assert ended.code == 0, ended.out + ended.err
    assert set(ended.changes()) == {"create"}
    assert ended.findings() == set()
