"""AWSManagedRulesCommonRuleSet."""

from __future__ import annotations

from localaws.firewall.groups.table import (
    AGENT,
    ARGUMENTS,
    BODY,
    COOKIES,
    PATH,
    QUERY,
    Group,
    Rule,
    detects,
    everywhere,
    larger,
    matches,
)

_ALL = {"BODY": BODY, "COOKIE": COOKIES, "URIPATH": PATH, "QUERYARGUMENTS": ARGUMENTS}
_THREE = {"QUERYARGUMENTS": ARGUMENTS, "URIPATH": PATH, "BODY": BODY}
_NO_AGENT = {"notStatement": {"statement": matches(AGENT, ".", ())}}
_COOKIE = {"singleHeader": {"name": "cookie"}}
_METADATA = r"169\.254\.169\.254|fd00:ec2::254|/latest/(?:meta-data|user-data|dynamic|api/token)"
_TRAVERSAL = r"(?:^|[/\\=\"' ])\.\.[/\\]|\.\.[/\\]\.\.|(?:^|[=\"' ])file://"
_EXTENSIONS = r"\.(?:log|ini|bak|backup|cfg|conf|sql|sqlite|mdb|env|htaccess|htpasswd|swp)(?:$|[/?&\"' ])"
_REMOTE = r"\b(?:https?|ftps?|file)://\d{1,3}(?:\.\d{1,3}){3}\b"
_SCANNERS = r"\b(?:nessus|nmap|nikto|sqlmap|acunetix|netsparker|w3af|masscan|zgrab|dirbuster|havij|openvas)\b"

GROUP = Group(
    "AWSManagedRulesCommonRuleSet",
    "core-rule-set",
    (
        Rule("NoUserAgent_HEADER", _NO_AGENT, "NoUserAgent_Header"),
        Rule("UserAgent_BadBots_HEADER", matches(AGENT, _SCANNERS), "BadBots_Header"),
        Rule("SizeRestrictions_QUERYSTRING", larger(QUERY, 2048), "SizeRestrictions_QueryString"),
        Rule("SizeRestrictions_Cookie_HEADER", larger(_COOKIE, 10240), "SizeRestrictions_Cookie_Header"),
        Rule("SizeRestrictions_BODY", larger(BODY, 8192), "SizeRestrictions_Body"),
        Rule("SizeRestrictions_URIPATH", larger(PATH, 1024), "SizeRestrictions_URIPath"),
        *everywhere("EC2MetaDataSSRF", _METADATA, _ALL, ("169.254", "ec2::", "/latest/")),
        *everywhere("GenericLFI", _TRAVERSAL, _THREE, ("..", "file:")),
        *everywhere("RestrictedExtensions", _EXTENSIONS, {"URIPATH": PATH, "QUERYARGUMENTS": ARGUMENTS}),
        *everywhere("GenericRFI", _REMOTE, _THREE, ("://",)),
        *(
            Rule(f"CrossSiteScripting_{suffix}", detects("xssMatchStatement", field))
            for suffix, field in _ALL.items()
        ),
    ),
    {},
)  # fmt: skip
