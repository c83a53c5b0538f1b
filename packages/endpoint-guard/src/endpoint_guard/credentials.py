"""What a secret looks like: by the name it is kept under, or by the form that its issuer gives it.

Names: the keywords of detect-secrets 1.5.0 (plugins/keyword.py), and what connection settings call a key.
Forms: prefixes and lengths as detect-secrets 1.5.0 (plugins/) and gitleaks (config/gitleaks.toml at 009e025) list them.
A name, a switch, a number, a place to look a secret up, and a text that a runtime fills in are not secrets.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import Final

_WORDS: Final = frozenset(
    {
        "password",
        "passwd",
        "passphrase",
        "pass",
        "pwd",
        "passcode",
        "pin",
        "secret",
        "secrets",
        "credential",
        "credentials",
        "contrasena",
        "token",
        "apikey",
        "authkey",
        "privatekey",
        "secretkey",
        "accesskey",
        "hmac",
        "pepper",
        "salt",
        "dsn",
    }
)
"""A name that ends in one of these words holds the secret itself."""
_KEYS: Final = frozenset(
    "access account api app application auth client cipher data database db decryption deploy encryption encrypt hmac "
    "jwt license master priv private secret service session shared sign signing ssh storage webhook".split()
)
"""Words that make a secret of a name that ends in `key` after them."""
_LAST: Final = frozenset(
    "age alias arn attempts bucket cache count days disabled enabled endpoint engine env expires expiry field file "
    "format header host hours id ids interval kind label length level limit max min minutes mode name names "
    "param parameter path period policy port prefix provider ref reference region required retries retry role "
    "rotation scope seconds size source store suffix table timeout ttl type uri url use user username version".split()
)
"""What a name ends in that speaks of a secret without being one."""
_FORMS: Final = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"(?:A3T[A-Z0-9]|ABIA|ACCA|AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])"
    r"|AGE-SECRET-KEY-1[A-Z0-9]{58}"
    r"|AKCp[A-Za-z0-9]{60,}"
    r"|AIza[\w-]{35}"
    r"|ATATT3[\w=-]{100,}"
    r"|LTAI[A-Za-z0-9]{20}"
    r"|SG\.[\w-]{16,}\.[\w-]{20,}"
    r"|SK[0-9a-fA-F]{32}(?![A-Za-z0-9])"
    r"|(?:ghp|gho|ghu|ghs|ghr)_[A-Za-z0-9]{30,}"
    r"|github_pat_\w{50,}"
    r"|gl(?:pat|dt|ft|soat|rt|ptt|imt|agent|oas)-[\w-]{20,}"
    r"|hv[sb]\.[\w-]{24,}"
    r"|dapi[a-f0-9]{32}"
    r"|do[opr]_v1_[a-f0-9]{64}"
    r"|dp\.pt\.[A-Za-z0-9]{40,}"
    r"|lin_api_[A-Za-z0-9]{30,}"
    r"|npm_[A-Za-z0-9]{36}"
    r"|NRAK-[A-Z0-9]{27}"
    r"|pul-[a-f0-9]{40}"
    r"|pypi-AgE[\w-]{50,}"
    r"|rubygems_[a-f0-9]{48}"
    r"|shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"
    r"|sk-(?:ant-|proj-|svcacct-|admin-)?[\w-]{20,}"
    r"|(?:sk|rk)_(?:live|test|prod)_[A-Za-z0-9]{10,}"
    r"|sq0(?:csp|atp|idp)-[\w-]{20,}"
    r"|whsec_[A-Za-z0-9+/=]{24,}"
    r"|xox[abeprs]-[\w-]{10,}"
    r"|xapp-\d-[\w-]{10,}"
    r"|eyJ[\w-]{10,}\.eyJ[\w-]{10,}"
    r"|ops_eyJ[A-Za-z0-9+/]{200,}"
    r")"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY"
    r"|hooks\.slack\.com/(?:services|workflows)/\w+"
    r"|://[^/\s:@{}$]*:[^/\s:@{}$]+@"
    r"|(?i:(?:^|[;&?,\s])(?:password|passwd|pwd|accountkey|sharedaccesskey|sharedsecret|client_secret|secret_key)"
    r"\s*=\s*[^;&\s{$][^;&\s]{2,})"
)
_REFERENCE: Final = re.compile(
    r"arn:aws[\w-]*:[\w-]+:[\w-]*:\d{0,12}:[\w./:+=@-]+"
    r"|(?:alias|projects)/[\w./-]+"
    r"|/[\w.-]+(?:/[\w.-]+)*"
    r"|[\w.-]+(?:/[\w.-]+)*\.(?:json|ya?ml|toml|ini|conf|properties|pem|crt|cer|key|p12|pfx|jks|txt)"
    r"|(?:ssm|secretsmanager|s3|vault|file|https?)://[^\s:@]+"
    r"|\{\{\s*resolve:[^}]+\}\}|\$\{[\w.:-]+\}|\$\w+"
)
"""A text that says where a secret is, or stands for one that is filled in later."""
_PLAIN: Final = re.compile(
    r"(?i)true|false|yes|no|on|off|none|null|enabled|disabled|required|\d+(\.\d+)?[a-z]{0,2}"
)

_PART: Final = re.compile(r"[A-Z]?[a-z]*\d{0,4}|[A-Z]+\d{0,4}|\d{5,12}|[0-9a-f]{7,8}")
"""What names are made of: words, numbers, and the few characters that make a name unique."""


def is_secret(name: str, value: str) -> bool:
    """Whether a variable's name and value, or the value alone, look like a secret."""
    if looks_secret(value):
        return True
    if not value or _PLAIN.fullmatch(value) or _REFERENCE.fullmatch(value):
        return False
    return _names_a_secret(name) or _random(value)


def looks_secret(text: str) -> bool:
    """Whether a text holds something in the form that an issuer gives its credentials."""
    return _FORMS.search(text) is not None


def _names_a_secret(name: str) -> bool:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    # A number only counts: PASSWORD2 and TOKEN_2 hold what PASSWORD and TOKEN hold.
    words = [word for part in re.split(r"[^a-z0-9]+", spaced) if (word := part.rstrip("0123456789"))]
    if not words or words[-1] in _LAST:
        return False
    joined = "".join(words)
    if len(words) > 1 and words[-1] in ("key", "keys") and words[-2] in _KEYS:
        return True
    return any(word in _WORDS for word in words) or joined.endswith(
        (
            "password",
            "passwd",
            "passphrase",
            "secret",
            "token",
            "apikey",
            "privatekey",
            "accesskey",
            "secretkey",
        )
    )


def _random(value: str) -> bool:
    """Whether a text is long, of one alphabet, and without any order in it."""
    if len(value) < 32 or re.fullmatch(r"[A-Za-z0-9+/=_-]+", value) is None:
        return False
    if all(_PART.fullmatch(part) for part in re.split(r"[/_-]+", value)):
        return False
    return _entropy(value) > 4.2


def _entropy(text: str) -> float:
    counts = Counter(text)
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values())
