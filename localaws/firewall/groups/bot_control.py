"""AWSManagedRulesBotControlRuleSet, the common inspection level: bots that give their name."""

from __future__ import annotations

from collections.abc import Mapping

from localaws.firewall.groups.table import AGENT, Group, Rule, matches

_CATEGORIES: Mapping[str, tuple[str, str]] = {
    "Advertising": ("advertising", r"adsbot|mediapartners"),
    "Archiver": ("archiver", r"archive\.org_bot|ia_archiver|heritrix"),
    "ContentFetcher": ("content_fetcher", r"feedfetcher|feedly|newsblur"),
    "EmailClient": ("email_client", r"thunderbird|outlook"),
    "HttpLibrary": (
        "http_library",
        r"^(?:python|curl|wget|java|apache-httpclient|okhttp|go-http-client|node|axios|got|undici|ruby|php|guzzle"
        r"|perl|libwww|restsharp|dart|reqwest|hyper|postmanruntime|insomnia|httpie|http_?client|boto3|botocore"
        r"|aws-sdk|axiom|aiohttp)\b|python-(?:requests|httpx|urllib)|httpx/|urllib|aiohttp/|libcurl",
    ),
    "LinkChecker": ("link_checker", r"linkchecker|w3c-checklink"),
    "Miscellaneous": ("miscellaneous", r"\bbot\b|\bcrawler\b"),
    "Monitoring": ("monitoring", r"uptimerobot|pingdom|statuscake|datadog|site24x7"),
    "ScrapingFramework": ("scraping_framework", r"scrapy|colly|crawlee|puppeteer|playwright"),
    "Security": ("security", r"nessus|nmap|nikto|sqlmap|qualys|zgrab|masscan|nuclei|burp"),
    "Seo": ("seo", r"ahrefsbot|semrushbot|mj12bot|dotbot"),
    "SocialMedia": ("social_media", r"facebookexternalhit|twitterbot|linkedinbot|pinterestbot"),
    "SearchEngine": ("search_engine", r"googlebot|bingbot|yandexbot|baiduspider|duckduckbot"),
    "AI": ("ai", r"gptbot|claudebot|ccbot|bytespider|perplexitybot|amazonbot"),
}
"""AWS lets verified bots pass some of these; none can be verified here."""

_NO_BROWSER = {"notStatement": {"statement": matches(AGENT, r"^(?:mozilla|opera)/", ("LOWERCASE",))}}

GROUP = Group(
    "AWSManagedRulesBotControlRuleSet",
    "bot-control",
    (
        *(
            Rule(f"Category{name}", matches(AGENT, pattern, ("LOWERCASE",)), f"bot:category:{label}")
            for name, (label, pattern) in _CATEGORIES.items()
        ),
        Rule(
            "SignalAutomatedBrowser",
            matches(AGENT, r"headlesschrome|phantomjs|slimerjs|electron/", ("LOWERCASE",)),
            "signal:automated_browser",
        ),
        Rule("SignalNonBrowserUserAgent", _NO_BROWSER, "signal:non_browser_user_agent"),
    ),
    {
        "SignalKnownBotDataCenter": "AWS's list of data centers is not public",
        "TGT_*": "the targeted level needs AWS's browser challenge and its statistics",
    },
)
