"""The address that callers use: a host name of your own and a front door, each where the settings ask for it."""

from __future__ import annotations

from components.artifact_store import ModelArtifact
from components.encryption import EncryptionKey
from components.front_door import FrontDoor
from components.own_name import OwnName
from components.scoring_api import ScoringApi
from components.site import Site
from settings import Settings


def optional_address(
    site: Site, settings: Settings, *, api: ScoringApi, artifact: ModelArtifact, key: EncryptionKey
) -> None:
    """The name, what answers under it, and its record; nothing where API Gateway's own name is enough."""
    domain, front = settings.api.domain, settings.front_door
    if domain is None:
        return
    own = OwnName("name", site, domain, api=api, artifact=artifact, key=key)
    answers: OwnName | FrontDoor = own
    if front is not None:
        answers = FrontDoor("door", site, front, own=own, firewall=settings.firewall, alarms=settings.alarms)
    own.point_to(answers.target, answers.target_zone)
