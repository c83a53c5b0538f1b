"""AWSManagedRulesSQLiRuleSet."""

from __future__ import annotations

from localaws.firewall.groups.table import ARGUMENTS, BODY, COOKIES, PATH, Group, Rule, detects

_STEPS = ("URL_DECODE_UNI", "ESCAPE_SEQ_DECODE", "REPLACE_COMMENTS", "COMPRESS_WHITE_SPACE", "LOWERCASE")
_SAME = "one detector stands for AWS's two"

GROUP = Group(
    "AWSManagedRulesSQLiRuleSet",
    "sql-database",
    tuple(
        Rule(f"SQLi_{suffix}", detects("sqliMatchStatement", field, _STEPS))
        for suffix, field in {
            "QUERYARGUMENTS": ARGUMENTS,
            "BODY": BODY,
            "COOKIE": COOKIES,
            "URIPATH": PATH,
        }.items()
    ),
    {"SQLiExtendedPatterns_QUERYARGUMENTS": _SAME, "SQLiExtendedPatterns_BODY": _SAME},
)
