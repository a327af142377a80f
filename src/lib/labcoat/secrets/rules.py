"""How tokens look: labcoat's own patterns, and the rules of gitleaks, converted for Python."""

import binascii
import json
import re
from collections.abc import Iterator
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple

from labcoat.core.patterns import lazy_pattern
from labcoat.secrets.randomness import entropy, is_counted

_VENDORED = Path(__file__).parent.parent / "_vendor" / "gitleaks" / "rules.json"
AWS_KEY = "an AWS access key"
PRIVATE = "a private key"
# How a token begins, and what must follow for it to be a real one.
TOKENS: tuple[tuple[str, bytes, bytes], ...] = (
    *((AWS_KEY, start, rb"[0-9A-Z]{9}(?!EXAMPLE)[0-9A-Z]{7}\b") for start in (b"AKIA", b"ASIA")),
    *(
        ("a GitHub token", start, rb"[A-Za-z0-9]{36,}\b")
        for start in (b"ghp_", b"gho_", b"ghs_", b"ghu_", b"ghr_")
    ),
    ("a GitHub token", b"github_pat_", rb"[A-Za-z0-9]{22}_[A-Za-z0-9]{59}\b"),
    ("a GitLab token", b"glpat-", rb"[A-Za-z0-9_-]{20,}"),
    ("a Hugging Face token", b"hf_", rb"[A-Za-z]{34}\b"),
    ("a dbt token", b"dbtu_", rb"[A-Za-z0-9_-]{40,}"),
    ("a dbt token", b"dbtc_", rb"[A-Za-z0-9_-]{40,}"),
    ("a Kaggle token", b"KGAT_", rb"[0-9a-f]{32}\b"),
    ("an Azure storage key", b"AccountKey=", rb"[A-Za-z0-9+/]{86}=="),
    ("a PyPI token", b"pypi-AgE", rb"[A-Za-z0-9_-]{50,}"),
    ("an npm token", b"npm_", rb"[A-Za-z0-9]{36}\b"),
    ("a Slack token", b"xox", rb"[abprs]-[0-9]{10,}-[0-9A-Za-z-]{20,}"),
    ("a Stripe key", b"sk_live_", rb"[0-9A-Za-z]{24,}"),
    ("a Google OAuth secret", b"GOCSPX-", rb"[0-9A-Za-z_-]{28}(?![0-9A-Za-z_-])"),
    ("a Google API key", b"AIza", rb"[0-9A-Za-z_-]{35}\b"),
    ("an Anthropic key", b"sk-ant-", rb"[A-Za-z0-9_-]{32,}"),
    # The claims of a token that never expires, in base64: `{"iss":"kubernetes/serviceaccount"…`.
    (
        "a Kubernetes token",
        b"eyJpc3MiOiJrdWJlcm5ldGVz",
        rb"[A-Za-z0-9_-]{40,4096}\.[A-Za-z0-9_-]{40,}",
    ),
    # Two numbers of eight bytes in base64, the second and lower one with zeros before it.
    (
        "a Twitter token",
        b"A" * 20,
        rb"A{0,2}[B-Za-z0-9%+/][A-Za-z0-9%+/]{3,17}AAAA[A-Za-z0-9%+/]{60,100}(?![A-Za-z0-9%+/])",
    ),
    ("an OpenRouter key", b"sk-or-v1-", rb"[0-9a-f]{64}\b"),
    ("a Groq key", b"gsk_", rb"[A-Za-z0-9]{52}\b"),
    ("a Tavily key", b"tvly-", rb"(?:dev-|prod-)?[A-Za-z0-9]{32}\b"),
    ("a LangSmith key", b"lsv2_", rb"(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}\b"),
    ("a Replicate token", b"r8_", rb"[A-Za-z0-9]{37}\b"),
    *(("an OpenAI key", start, rb"[A-Za-z0-9_-]{40,}") for start in (b"sk-proj-", b"sk-svcacct-")),
    *(
        ("a Discord webhook URL", start, rb"[0-9]{17,20}/[A-Za-z0-9_-]{60,}")
        for start in (b"discord.com/api/webhooks/", b"discordapp.com/api/webhooks/")
    ),
)
# In JSON and in source code the lines of a key are separated by `\n`, or each is quoted.
_KEY = (
    rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"
    rb"""(?:\s+[A-Za-z0-9+/=:]|(?:\s|\\+[nr]|["',])+[A-Za-z0-9+/=]{16})"""
)
# How a key goes on; prose has spaces between its words.
_KEY_GOES_ON = lazy_pattern(rb"""(?:[A-Za-z0-9+/=:.-]+|\\+[nr]|["',]|[ \t]*\r?\n[ \t]*)*""")
# The first words of a key in base64, as in a kubeconfig and in the secrets of Kubernetes.
_ENCODED_KEY = (
    rb"LS0tLS1CRUdJTi(?:BSU0EgUFJJVkFURSBL|BQUklWQVRFIEtF|BFQyBQUklWQVRFIEtF|BFTkNSWVBURUQgUFJJVkFU"
    rb"|BPUEVOU1NIIFBSSVZBVEUg)[A-Za-z0-9+/=]{100,}"
)
_WORD_FOLLOWS = lazy_pattern(rb"[^\n]*[A-Za-z]{2}")
LONGEST_KEY = 1 << 14  # bytes
_SHOWN_OF_KEY = 200  # characters: what a program prints of a key to tell which it is, has fewer
# The number of a bot, and 35 characters of which the first two are always the same. A name and a
# colon may stand before it, and `bot` in the addresses of the service.
_TELEGRAM = (
    rb"(?:(?<![\w.:-])|(?<=[A-Za-z\"']:)|(?<=\bbot))[0-9]{8,10}:AA[A-Za-z0-9_-]{33}(?![\w-])"
)
# The number of a bot in base64, of which each letter can be one of a few.
_DISCORD = (
    rb"(?<![\w.+/-])(?:[MNO][DTjz][AEIMQUYcgk][w-z0-5]){5,6}(?:[MNO](?:[DTjz][AEIMQUYcgk]|[AQgw]))?"
    rb"\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,38}(?![\w.+/-])"
)
# The beginning is searched first, which is fast; the `n` of a `\n` before it is not part of a word.
_TOKEN = rb"%b(?:(?<!\w%b)|(?<=\\[nrt]%b))%b"
# What a token has, and a space for all else: to split takes half the time of a search for words.
_IN_TOKENS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.+/=~-"
_AS_WORDS = bytes(each if each in _IN_TOKENS else 0x20 for each in range(256))
_SHORTEST_TOKEN = 20  # bytes
_LARGEST_BY_HAND = 1 << 19  # bytes; bundles of scripts and the like are larger
_LONGEST_TOKEN = 4096  # bytes; longer words are pictures and the like
_FOR_SHOW = lazy_pattern(rb"(.)\1{15}")  # `xxxx…` instead of a token
# What other patterns here find better, what names an account without giving access to it, and what
# needs the text around it.
_LEFT_OUT = lazy_pattern(
    r"private-key|pkcs12-file|generic-api-key|curl-auth-.*|kubernetes-secret-yaml|sidekiq-.*"
    r"|.*-client-id|.*-public-key|.*-pub-api-key|.*publishable.*|facebook-access-token"
    r"|sourcegraph-access-token|freemius-secret-key|twilio-api-key|square-access-token"
    r"|jwt|jwt-base64|gcp-api-key|aws-access-token|hashicorp-tf-password"
)
_OF_GRAFANA = "grafana-api-key"
# Keywords that are too short to search a text for: the `s.` of Vault's old tokens.
_SHORT = 3
_ESCAPED = lazy_pattern(r"\\(\W)")
_AN = lazy_pattern(r"[aeiou]|rsa|hsts|x", re.IGNORECASE)
_UPPER = {"api": "API", "jwt": "JWT", "pat": "token", "aws": "AWS", "url": "URL", "npm": "npm"}


# Its first bytes: a sequence of some length, and the version as a number.
_STARTS_OF_KEYS = (b"IBAAKC", b"IBADANBgkq", b"MHcCAQEE", b"MIGkAgEB", b"MIGHAgEA")
_BARE_KEY = (
    rb"(?i:private_?key)\\?[\"']?[ \t]{0,3}[:=][ \t]{0,3}\\?[\"']?"
    rb"M(?:II[A-Za-z0-9+/]{3}IBA[AD]|IG[Hk]AgE[AB]|HcCAQEE)[A-Za-z0-9+/=]{40,8192}"
)


class Token(NamedTuple):
    """A token in a text: its kind, with an article, and its bytes from `start` to `end`."""

    kind: str
    start: int
    end: int


class VendoredRule:
    """A rule of gitleaks, by its `id`; `data` is what its file says of it."""

    def __init__(self, id: str, data: dict[str, Any]) -> None:  # noqa: A002
        self.id = id
        self.data = data

    @cached_property
    def pattern(self) -> re.Pattern[bytes]:
        """Its pattern, compiled when it is first needed."""
        return re.compile(self.data["pattern"].encode())

    @cached_property
    def kind(self) -> str:
        """What it finds, with an article: "an Adafruit API key"."""
        words = [_UPPER.get(word, word) for word in self.id.split("-")]
        words[0] = words[0] if words[0] in _UPPER.values() else words[0].capitalize()
        return f"{'an' if _AN.match(words[0]) else 'a'} {' '.join(words)}"

    @cached_property
    def needles(self) -> tuple[bytes, ...]:
        """Texts of which a match has one, as its pattern writes them."""
        pattern = _ESCAPED.sub(r"\1", self.data["pattern"])
        return tuple(_write_as(pattern, each).encode() for each in self.data["keywords"])

    def find(self, text: bytes, offset: int = 0) -> Iterator[Token]:
        """Yield the real tokens in `text`; `offset` is added to their positions."""
        for match in self.pattern.finditer(text):
            group = self.data["group"] or (1 if match.re.groups else 0)
            value = match[group] or match[0]
            if entropy(value) < self.data["entropy"] or is_for_show(value):
                continue
            if not self._is_allowed(value, match[0]):
                start, end = match.span(group) if match[group] else match.span()
                yield Token(self.kind, offset + start, offset + end)

    def _is_allowed(self, value: bytes, match: bytes) -> bool:
        for allowed in self.data.get("allow", ()):
            target = value if allowed["target"] == "secret" else match
            low = value.lower()
            if any(re.search(each.encode(), target) for each in allowed["patterns"]) or any(
                word.encode() in low for word in allowed["words"]
            ):
                return True
        return False


def _write_as(pattern: str, keyword: str) -> str:
    """Return a keyword, which is in lower case, as a pattern has it: `EAAM` for `EAA[MC]`."""
    lower = pattern.lower()
    for end in range(len(keyword), _SHORT - 1, -1):
        at = lower.find(keyword[:end])
        if at >= 0:
            written = pattern[at : at + end]
            return written + (keyword[end:].upper() if written.isupper() else keyword[end:])
    return keyword


@cache
def vendored_rules() -> tuple[VendoredRule, ...]:
    """Return the rules of gitleaks that labcoat uses."""
    rules = json.loads(_VENDORED.read_text())
    return tuple(
        VendoredRule(rule["id"], rule)
        for rule in rules
        if not _LEFT_OUT.fullmatch(rule["id"]) and "path" not in rule
    )


@cache
def _distinct_rules() -> tuple[tuple[bytes, VendoredRule], ...]:
    """Return the rules whose tokens begin in their own way, for each text to search for first."""
    return tuple(
        (needle, rule)
        for rule in vendored_rules()
        if not rule.data["named"]
        for needle in rule.needles
        if len(needle) >= _SHORT
    )


@cache
def _named_rules() -> dict[bytes, list[VendoredRule]]:
    """Return the rules that need the service's name beside the value, by each name."""
    by_name: dict[bytes, list[VendoredRule]] = {}
    for rule in vendored_rules():
        for needle in rule.needles if rule.data["named"] else ():
            by_name.setdefault(needle.lower(), []).append(rule)
    return by_name


@cache
def _own_tokens() -> tuple[tuple[str, bytes, re.Pattern[bytes]], ...]:
    return (
        (PRIVATE, b"PRIVATE KEY", lazy_pattern(_KEY)),
        (PRIVATE, b"LS0tLS1CRUdJTi", lazy_pattern(_ENCODED_KEY)),
        # The bytes of a key in base64, as in the `acme.json` of Traefik.
        *((PRIVATE, start, lazy_pattern(_BARE_KEY)) for start in _STARTS_OF_KEYS),
        ("a Telegram bot token", b":AA", lazy_pattern(_TELEGRAM)),
        ("a Discord bot token", b".", lazy_pattern(_DISCORD)),
        *(
            (what, start, lazy_pattern(_TOKEN % (start, start, start, rest)))
            for what, start, rest in TOKENS
        ),
    )


def _is_report(value: bytes) -> bool:
    """Whether it is no key of Grafana, but names a report of Power BI that everybody may open.

    Both are JSON in base64 that begins with `k`; only the key has an `n` and an `id`.
    """
    try:
        decoded = binascii.a2b_base64(value + b"==")
    except binascii.Error:
        return False
    return b'"t":' in decoded and b'"n":' not in decoded


def is_for_show(value: bytes) -> bool:
    """Whether a token repeats one character or counts up, as in documentation."""
    return _FOR_SHOW.search(value) is not None or is_counted(value)


def _is_shown_in_part(data: bytes, at: int) -> bool:
    """Whether dots or other text follow on the first line or two of a private key, as in a log."""
    rest = data[at : at + LONGEST_KEY]
    mark = rest.find(b"-----")
    if rest.startswith(b"-----END", mark):
        return b"..." in rest[:mark]
    shown = _KEY_GOES_ON.match(rest, 0, mark if mark >= 0 else len(rest))
    end = shown.end() if shown else 0
    return end < _SHOWN_OF_KEY and _WORD_FOLLOWS.match(rest, end) is not None


def find_tokens(data: bytes) -> Iterator[Token]:
    """Yield the keys and tokens in `data` that are known by their own form."""
    # A token is a long word: a hundred searches in these take a tenth of the time.
    split = data.translate(_AS_WORDS).split()
    long = dict.fromkeys(word for word in split if len(word) >= _SHORTEST_TOKEN)
    words = b"\n".join(long)
    for kind, needle, pattern in _own_tokens():
        if needle in (data if b" " in needle or b":" in needle else words):
            for found in pattern.finditer(data):
                in_part = needle == b"PRIVATE KEY" and _is_shown_in_part(data, found.end())
                # Tokens of Twitter begin with many letters A.
                if not (is_for_show(found[0].lstrip(b"A")) or in_part):
                    yield Token(kind, *found.span())
    if len(data) >= _LARGEST_BY_HAND:
        return
    words = b"\n".join(each for each in long if len(each) < _LONGEST_TOKEN)
    rules = [rule for needle, rule in _distinct_rules() if needle in words] if words else ()
    for rule in dict.fromkeys(rules):
        for token in rule.find(data):
            if not (rule.id == _OF_GRAFANA and _is_report(data[token.start : token.end])):
                yield token


def services_in(text: bytes) -> dict[bytes, list[VendoredRule]]:
    """Return the names of services that are in a text, and the rules that need each of them."""
    lower = text.lower()
    return {name: rules for name, rules in _named_rules().items() if name in lower}


def find_service_tokens(
    text: bytes, offset: int, rules_by_name: dict[bytes, list[VendoredRule]]
) -> Iterator[Token]:
    """Yield what is a token because a service is named before it, in a short `text`."""
    lower = text.lower()
    found = (rule for name, rules in rules_by_name.items() if name in lower for rule in rules)
    for rule in dict.fromkeys(found):
        yield from rule.find(text, offset)
