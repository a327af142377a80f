"""Keys that are public by their kind: pages and programs that everybody has contain them.

They name an account, and let everybody send to it; none of them reads or changes what it holds.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from labcoat.core.patterns import lazy_pattern

_ANY = lazy_pattern(rb".*", re.DOTALL)


class PublicKey(NamedTuple):
    """A kind of key: the `name` of its variable, the form of its `value`, and who says so.

    Both have to match as a whole.
    """

    service: str
    name: re.Pattern[bytes]
    value: re.Pattern[bytes]
    source: str


PUBLIC_KEYS: Sequence[PublicKey] = (
    PublicKey(
        "PostHog's project key; a personal one begins with phx_",
        _ANY,
        lazy_pattern(rb"phc_[A-Za-z0-9]{20,}"),
        "https://posthog.com/docs/api",
    ),
    PublicKey(
        "Segment's write key",
        lazy_pattern(rb"(?i).*segment.*(?:write|analytics)_?key|analytics_?write_?key"),
        lazy_pattern(rb"[A-Za-z0-9]{32}"),
        "https://segment.com/docs/connections/sources/catalog/libraries/website/javascript/"
        "troubleshooting/",
    ),
    PublicKey(
        "Amplitude's key of a project, which is not its secret key",
        lazy_pattern(rb"(?i).*amplitude_?(?:project_?)?(?:api_?)?key"),
        lazy_pattern(rb"[0-9a-f]{32}"),
        "https://amplitude.com/docs/apis/keys-and-tokens",
    ),
    PublicKey(
        "Algolia's key for searches; the form of one for all else is the same, its name is not",
        lazy_pattern(rb"(?i)(?!.*(?:admin|write|usage|monitoring)).*algolia.*search.*key"),
        lazy_pattern(rb"[0-9a-f]{32}"),
        "https://www.algolia.com/doc/guides/security/api-keys/",
    ),
    PublicKey(
        "Stripe's publishable key",
        _ANY,
        lazy_pattern(rb"pk_(?:live|test)_[A-Za-z0-9]{20,}"),
        "https://docs.stripe.com/keys",
    ),
    PublicKey(
        "Mapbox' public token; a secret one begins with sk.",
        _ANY,
        lazy_pattern(rb"pk\.eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+"),
        "https://docs.mapbox.com/help/dive-deeper/access-tokens/",
    ),
)

# What programs and their documentation ship, so that everybody knows it: whoever keeps it has no
# secret, but has not published one either.
_SHIPPED = lazy_pattern(
    rb"SW2YcwTIb9zpOOhoPsMm"  # Grafana's secret_key, conf/defaults.ini
    rb"|sq7HjrUOBfKmC576ILgskD5srU870gJ7"  # Redsys' key for its test environment
    rb"|Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
    # Above: of Azurite, which stands in for Azure's storage; below: of Cosmos DB's emulator.
    rb"|C2y6yDjf5/R\+ob0N8A7Cgv30VRDJIWEHLM\+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw=="
    rb"|46BKJoQYlPPOexq0OhDZnIlNepKFf87WFwLbfzqDDho="  # Bitnami's AIRFLOW_FERNET_KEY
    rb"|81HqDtbqAywKSOumSha3BhWNOdQ26slT6K0YaZeZyPs="  # of Airflow's documentation
    rb"|pUBnBOY80SnXgjibTYM9ZWNzY2xreNGQok"  # of Kubeflow's client at Dex
    rb"|T0JKGJHD0R/BEENFSSQJFQ/QEhpYsdfsdWEGfuoLTySpPnnsz4Qk"  # in DevOpsCube's lessons on alerts
    rb"|G3nom3s4u"  # of Illumina's server with genomes for all, beside the user `igenome`
    rb"|AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"  # of a bot in Telegram's documentation
    rb"|AAFD39kkdpWt3ywyRZergyOLMaJhac60qc"  # of another one there
    rb"|ZnCjm1XVW7vRze4b7Cq4se7kKWs|Ovy4MCQywSkoMRRclStW4xAYK7I"  # Discord's and discord.js' ones
    rb"|ju6z9mjyajq2djue3gbvv26t"  # of Rotten Tomatoes, in the documentation of select2
    rb"|SyD29bGxmHAVEOBYtgd8sYM2gM2ekfxQX4U"  # of OpenCost's chart, to ask Google for prices
    # Of the pages and programs of Twitter itself, as youtube-dl and Nitter send them.
    rb"|NRILgAAAAAAnNwIzUejRCOuH5E6I8xnZz4puTs|PYXBAAAAAAACLXUNDekMxqa8h"
    rb"|FXzAwAAAAAAMHCxpeSDG1gLNLghVe8d74hl6k4|IK1zgAAAAAA2tUWuhGZ2JceoId5GwYWU5GspY4"
    rb"|6LeIxAcTAAAAAGG-vFI1TnRWxMZNFuojJ4WifJWe"  # reCAPTCHA's for tests
)


def is_public_key(name: bytes, value: bytes) -> bool:
    """Whether the value of a variable is a key that is public by its kind, or known to all."""
    return is_shipped(value) or any(
        each.name.fullmatch(name) and each.value.fullmatch(value) for each in PUBLIC_KEYS
    )


def is_shipped(value: bytes) -> bool:
    """Whether a value has a key that comes with a program or its documentation."""
    return _SHIPPED.search(value) is not None
