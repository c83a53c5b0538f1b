"""AWSManagedRulesKnownBadInputsRuleSet."""

from __future__ import annotations

from localaws.firewall.groups.table import (
    BODY,
    HEADERS,
    PATH,
    QUERY,
    Group,
    Rule,
    everywhere,
    matches,
)

_ALL = {"QUERYSTRING": QUERY, "BODY": BODY, "URIPATH": PATH, "HEADER": HEADERS}
# A lookup may hide its letters in nested lookups: ${${lower:j}ndi:...}, ${${::-j}...}. Bounded and possessive: a text
# of opened lookups alone would otherwise take hours.
_NESTED = r"(?:[^}$]|\$(?!\{)){0,64}+\$\{[^}]{0,64}+\}"
_LOOKUP = rf"\$\{{\s{{0,16}}jndi\s{{0,16}}:|\$\{{(?:{_NESTED}){{1,8}}[^}}:]{{0,64}}+:|\$\{{[^}}]{{0,40}}jndi"
_JAVA = (
    r"\b(?:java\.lang\.(?:runtime|processbuilder)|processbuilder\b.{0,40}\bstart\b"
    r"|getruntime\s*\(\s*\)|org\.apache\.commons\.collections|classloader\.resources"
    r"|class\.module\.classloader)|\bro0ab|\xac\xed\x00\x05"
)
_PATHS = (
    r"/(?:\.git|\.svn|\.aws|\.ssh|\.env|wp-admin|wp-login|phpmyadmin|actuator|cgi-bin|jmx-console|manager/html)"
    r"(?:/|$|\.)"
)
_SERVER_ACTIONS = r"\$1:__proto__|__proto__:then|constructor:constructor"

GROUP = Group(
    "AWSManagedRulesKnownBadInputsRuleSet",
    "known-bad-inputs",
    (
        *everywhere(
            "JavaDeserializationRCE",
            _JAVA,
            _ALL,
            ("java", "process", "runtime", "commons", "classloader", "ro0ab", "\xac\xed"),
        ),
        Rule("PROPFIND_METHOD", matches({"method": {}}, "^PROPFIND$", ()), "Propfind_Method"),
        Rule("ExploitablePaths_URIPATH", matches(PATH, _PATHS), "ExploitablePaths_URIPath"),
        *everywhere("Log4JRCE", _LOOKUP, _ALL, ("${",)),
        Rule("ReactJSRCE_BODY", matches(BODY, _SERVER_ACTIONS), "ReactJSRCE_Body"),
    ),
    {"Host_localhost_HEADER": "a local server's own name is localhost"},
)
