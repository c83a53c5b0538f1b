"""AWSManagedRulesAmazonIpReputationList and AWSManagedRulesAnonymousIpList.

What is on AWS's lists is known to AWS only: each rule here reads a list that is empty unless the server is
started with addresses for it, by the rule's name.
"""

from __future__ import annotations

from localaws.firewall.groups.table import Group, Rule


def _listed(name: str, action: str = "block") -> Rule:
    return Rule(name, {"ipSetReferenceStatement": {"arn": name}}, action=action)


REPUTATION = Group(
    "AWSManagedRulesAmazonIpReputationList",
    "amazon-ip-list",
    (
        _listed("AWSManagedIPReputationList"),
        _listed("AWSManagedReconnaissanceList"),
        _listed("AWSManagedIPDDoSList", "count"),
    ),
    {},
)
ANONYMOUS = Group(
    "AWSManagedRulesAnonymousIpList",
    "anonymous-ip-list",
    (_listed("AnonymousIPList"), _listed("HostingProviderIPList")),
    {},
)
LISTS = tuple(rule.name for group in (REPUTATION, ANONYMOUS) for rule in group.rules)
