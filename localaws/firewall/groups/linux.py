"""AWSManagedRulesLinuxRuleSet."""

from __future__ import annotations

from localaws.firewall.groups.table import HEADERS, PATH, QUERY, Group, everywhere

_FILES = (
    r"/(?:etc/(?:passwd|shadow|group|hosts|issue|crontab)|proc/(?:self|version|cmdline|environ|cpuinfo)|var/log/"
    r"|root/\.ssh|dev/tcp/)"
)

GROUP = Group(
    "AWSManagedRulesLinuxRuleSet",
    "linux-os",
    tuple(everywhere("LFI", _FILES, {"URIPATH": PATH, "QUERYSTRING": QUERY, "HEADER": HEADERS})),
    {},
)
