"""One small stack per service that no rule objects to, as a program would declare it."""

from __future__ import annotations

from typing import Final

from tests.endpoint_guard.compliant import Item
from tests.endpoint_guard.services.doors import DOORS
from tests.endpoint_guard.services.elsewhere import ELSEWHERE
from tests.endpoint_guard.services.machines import MACHINES
from tests.endpoint_guard.services.stores import STORES

STACKS: Final[dict[str, list[Item]]] = {**STORES, **DOORS, **MACHINES, **ELSEWHERE}
