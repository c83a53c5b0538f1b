"""The pack on what the real engine hands to it: every call of whole previews and updates, in its order."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.endpoint_guard import replay
from tests.endpoint_guard.replay import OWN, Player


@pytest.fixture(scope="module")
def player() -> Iterator[Player]:
    with replay.player() as started:
        yield started


@pytest.mark.parametrize("name", OWN)
def test_the_own_stacks_have_no_finding_and_nothing_is_left_unjudged(player: Player, name: str) -> None:
    taken = replay.recording(name)
    player.levels(replay.levels_of(taken.stack))

    found = player.play(taken)

    assert {entry.rule for entry in found} <= {"exempted", "unread-types"}, (
        "AWS's own values, or an unknown that the inputs know"
    )
