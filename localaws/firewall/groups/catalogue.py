"""All managed groups that are imitated, by name."""

from __future__ import annotations

from collections.abc import Mapping

from localaws.firewall.groups import (
    addresses,
    bot_control,
    common,
    known_bad_inputs,
    linux,
    sql_injection,
)
from localaws.firewall.groups.table import Group

GROUPS: Mapping[str, Group] = {
    group.name: group
    for group in (
        common.GROUP,
        known_bad_inputs.GROUP,
        addresses.REPUTATION,
        addresses.ANONYMOUS,
        linux.GROUP,
        sql_injection.GROUP,
        bot_control.GROUP,
    )
}
