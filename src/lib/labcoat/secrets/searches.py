"""What to search a whole tree for, so that only files that may have a secret are read.

The patterns are those of `git grep -P`, which is ten times as fast as Python. They match more than
secrets, and each part of a secret that `labcoat.secrets.content` finds in ordinary files.
"""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

# Several patterns that begin with one letter each take half the time of one that begins with any of
# them, which git would have to try at every place.
_OF_DISCORD = "[DTjz][A-Yc-k][w-z0-5][MNO][DTjz][\\w]{17,22}\\.[\\w-]{6}\\.[\\w-]{27}"
_IN_GROUPS = "\\w{0,16}\\W{1,9}[a-z]{4}(?: [a-z]{4}){3}\\b"  # four groups of four letters
_FORMS = (
    "gh[oprsu]_[A-Za-z0-9]{20}",
    "A[KS]IA[0-9A-Z]{10}",
    "xox[abpors]-",
    "^(?:\\xff\\xfe|\\xfe\\xff)",  # a file in UTF-16, in which no pattern finds a text
    "hf_[A-Za-z]{20}",
    "do[opr]_v1_[a-f0-9]{20}",
    "sntry[su]_",
    "shp(?:at|ca|pa|ss)_[A-Fa-f0-9]{20}",
    "pscale_[a-z]{2,5}_",
    "dapi[a-f0-9]{20}",
    "sha256~[A-Za-z0-9_-]{20}",
    "fo1_[A-Za-z0-9_-]{20}",
    "fm2_[A-Za-z0-9+/=]{20}",
    "pul-[a-f0-9]{20}",
    ":AA[A-Za-z0-9_-]{33}",
    *(f"{each}{_OF_DISCORD}" for each in "MNO"),
    "discord(?:app)?\\.com/api/webhooks/[0-9]",
    "npm_[A-Za-z0-9]{20}",
    "dbt[cu]_[A-Za-z0-9_-]{20}",
    "gsk_[A-Za-z0-9]{20}",
    "r8_[A-Za-z0-9]{20}",
    "lsv2_(?:pt|sk)_[0-9a-f]{20}",
    "tvly-",
    "eyJ[A-Za-z0-9_-]{10,}\\.eyJ",
    "LS0tLS1CRUdJTi",
    "(?i:private_?key)\\W{1,9}M[HI][A-Za-z0-9+/]{40}",
    "eyJpc3MiOiJrdWJlcm5ldGVz",
    *("github_pat_", "glpat-", "KGAT_", "pypi-AgE", "k_live_", "AIza", "PRIVATE KEY"),
    *(
        "sk-(?:ant|proj|svcacct|or-v1)-",
        "hooks\\.slack\\.com/",
        "T3BlbkFJ",
        "xkeysib-",
        "rubygems_",
    ),
    "uthorization\\W{1,9}[A-Za-z]{5,6} [A-Za-z0-9+/._~-]{16}",
    *(f"{each}{_IN_GROUPS}" for each in ("[Pp][Ww]", "[Pp]ass", "PASS")),
    # Hosts of accounts at services, see `labcoat.secrets.accounts`.
    "\\.(?:database\\.(?:azure\\.com|windows\\.net)|redis\\.cache\\.windows\\.net|mongodb\\.net"
    "|(?:rds|redshift)\\.amazonaws\\.com|supabase\\.co|neon\\.tech|upstash\\.io|render\\.com"
    "|proxy\\.rlwy\\.net|snowflakecomputing\\.com|aivencloud\\.com)\\b",
    *("\\bec2-[0-9]{1,3}-[0-9]", "snowflake\\.connector", "type: ?snowflake", "SNOWFLAKE_ACC"),
    *("GOCSPX-", "lin_api_", "PMAK-", "AGE-SECRET-KEY-1", "AccountKey="),
    # Rare ones: each pattern begins with a text of its own, which git finds fast.
    *("xapp-\\d-", "SG\\.[\\w-]{20}", "glrt-[\\w-]{20}", "gldt-[\\w-]{20}", "glptt-[\\w-]{20}"),
    *("glc_[\\w+/]{32}", "pplx-\\w{20}", "hv[bs]\\.[\\w-]{20}", "dp\\.pt\\.\\w{20}", "dt0c01\\."),
    *("ops_eyJ", "pnu_\\w{20}", "fm1[ar]_\\w{20}", "k_prod_", "\\.webhook\\.office\\.com/"),
    *(f"{'A' * 20}[\\w%+/]{{4,20}}AAAA\\w", "[?&](?i:api_?key|appid|access_?token)=[\\w.%-]{16}"),
    "powerbi\\.com/beta/",
    *("Q~[\\w~.-]{31}", "EAA[MC]\\w{60}"),
    # Passwords of mail accounts and logins with one, see `labcoat.secrets.mail`.
    *("MAIL\\w{0,20}(?:PASS|PWD)", "mail_\\w{0,20}(?:pass|pwd)", "SMTP_?(?:PASS|PWD)"),
    *("smtp_?(?:pass|pwd)", "smtpPass"),
    "@(?:gmail|googlemail|yahoo|hotmail|outlook|live|icloud|proton(?:mail)?|gmx|web|qq|163|126|naver"
    "|yandex|mail|zoho)\\.\\w",
)
# Values with a digit in quotes, as generated tokens are; no digests of files.
_VALUE = r"""[=:] ?\\?["'](?!sha\d+-)(?=[^"'\s]*\d)[A-Za-z0-9_/+=.~-]{20,}\\?["']"""
_NAMED = (
    r"""(?i)(?:sw(?:or)?d|pwd|cret|ken|key|hrase|dential|_private)\w{0,9}["'\]]{0,2}"""
    r"""(?:\s{0,2}:\s{0,2}(?:&'static )?[\w&\[]{3,20}\]?(?:\s?\|\s?None)?)?"""
    r"""\s{0,2}(?:[:=]|=>)\s{0,2}[rbuf]?\\?["'][^\s"']{8,}"""
)
# What a variable has where no one sets it: `os.getenv("API_KEY", "…")`; and PHP's `define`.
_DEFAULT = (
    r"""(?i)(?:env|get|config|define)\(\s{0,2}["'][\w.-]{0,40}(?:pass|pwd|secret|token|key|credential)\w{0,9}["']"""
    r""",\s{0,2}["'][^\s"']{8,}"""
)
# A secret that is all a call has, see `labcoat.secrets.assignments`.
_CALL = (
    r"""(?i)\b(?:set_?(?:a\w{2,5}_?|secret_?)?(?:token|key)|pro_api)\("""
    r"""[ \t]?[rbuf]?\\?["'](?=[^"']*\d)[^\s"']{16,}"""
)
_ADDRESS = r"""://[^\s/:@"'<>${}]+:[^\s/@"'<>${}]{3,}@"""
_LINE = (
    r"""(?i)(?:sw(?:or)?d|pwd|cret|ken|key|hrase|pass|dential|auth)\w{0,9}[ =:]{1,3}"""
    r"""["']?[^\s"'${<]{8,}"""
)
# Commands with a password or a token among their arguments, see `labcoat.secrets.commands`.
_COMMAND = (
    r"(?i)\b(?:curl|wget|login|twine|sshpass|my\w*sql\w*|mariadb\w*|redis-cli|sqlcmd|ldap\w+|mongo\w*"
    r"|chpasswd|htpasswd|kubectl|useradd|usermod|unzip|zip|configure|config)\b|[-_]authtoken|://[^\s/:@]{16,}:?\w*@"
    r"|--[\w-]*(?:pass|token|secret|key|auth)[\w-]*|\bpassword |/t/[a-z]{2}-[0-9a-f]{8}-"
)
# Test material, samples and what programs write: whatever is named like a secret there is none.
_ASIDE = tuple(
    f":(exclude,glob,icase)**/{folder}/**"
    for folder in (
        *("test", "tests", "testing", "__tests__", "spec", "specs", "fixtures", "testdata"),
        *("test_data", "test-data", "docs", "doc", "documentation", "examples", "example"),
        *("samples", "node_modules", "vendor", "third_party", "site-packages", "cassettes"),
        *("locale", "locales", "i18n", "migrations"),
    )
)
_WRITTEN = tuple(
    f":(exclude,icase)*{ending}"
    for ending in (
        *(".lock", "-lock.json", "-lock.yaml", ".svg", ".csv", ".tsv", ".map", ".min.js"),
        *(".min.css", ".css", ".scss", ".po", ".snap", ".sum", ".har", ".rst", ".md", ".html"),
        *("/dist/*.js", "/static/*.js", "/dist/*.yaml"),
    )
)
# Half of the bytes in many repositories.
UNSEARCHED = (
    *(".png", ".jpg", ".jpeg", ".gif", ".webp", ".ico", ".bmp", ".tiff", ".pdf", ".mp4", ".mov"),
    *(".mp3", ".ttf", ".otf", ".woff", ".woff2", ".parquet"),
)
_PICTURES = tuple(f":(exclude,icase)*{ending}" for ending in UNSEARCHED)
_SETTINGS = (
    *("*.yml", "*.yaml", "*.ini", "*.cfg", "*.conf", "*.properties", "*.tfvars", "*.env"),
    *("*.env.*", "en[v]", "*/en[v]", "*.sh", "*npmrc", "*pypirc", "*netrc", "*envrc"),
    *("*ockerfile*", "*ontainerfile*"),
    *("*crontab*", "*.cron", "*cron.*/*", "*.service", "*.socket", "*.timer"),
    *("*.dvc/config*", "*.aws/config", "*.s3cfg", "*.boto", "*.databrickscfg", "*.my.cnf"),
)
_SCRIPTS = (
    *("*.sh", "*.bash", "*ockerfile*", "*ontainerfile*", "*akefile", "*.mk", "*.gitlab-ci.yml"),
    *("*crontab*", "*.cron", "*cron.*/*", "*.service"),
)


class Search(NamedTuple):
    """Patterns for `git grep -P`, and the pathspecs of the files to search.

    With `in_lines`, a secret is in a line that matches, so that the rest need not be read.
    """

    patterns: tuple[str, ...]
    pathspecs: tuple[str, ...] = ()
    in_lines: bool = False

    def options(self, among: Sequence[str] | None = None) -> tuple[str, ...]:
        """Return the options and arguments for `git grep`; nothing if there is nothing to search.

        `among` are the only files to search, if given.
        """
        pathspecs = self.pathspecs
        if among is not None:
            wanted = [each for each in self.pathspecs if each[0] not in ".:"]
            chosen = [path for path in among if not wanted or _matches_any(path, wanted)]
            if not chosen:
                return ()
            excluded = (each for each in self.pathspecs if each[0] == ":")
            pathspecs = (*(f":(literal){path}" for path in chosen), *excluded)
        # After each line that matches, git looks for each of several patterns in all of the rest:
        # that takes 12 s for a list of 90,000 checksums, and 0.02 s with one pattern.
        joined = ("|".join(f"(?:{pattern})" for pattern in self.patterns),)
        return (
            *(("-n", "-I") if self.in_lines else ("-l",)),
            *("-z", "-P"),
            *(f"-e{pattern}" for pattern in (joined if self.in_lines else self.patterns)),
            *(("--", *pathspecs) if pathspecs else ()),
        )


def _matches_any(path: str, pathspecs: Iterable[str]) -> bool:
    """Whether a path matches one of the wildcards, in which `*` also stands for `/`."""
    return any(fnmatchcase(path, each) for each in pathspecs)


def make_searches(*others: str) -> tuple[Search, ...]:
    """Return the searches for secrets; the first one also finds the texts `others`."""
    return (
        Search((*_FORMS, _ADDRESS, *others), (".", *_PICTURES)),
        Search(
            (_VALUE, _NAMED, _DEFAULT, _CALL), (".", *_ASIDE, *_WRITTEN, *_PICTURES), in_lines=True
        ),
        Search((_LINE,), _SETTINGS, in_lines=True),
        Search((_COMMAND,), _SCRIPTS),
    )


# For a git without Perl's patterns.
PLAIN = (
    *("ghp_", "gho_", "ghs_", "ghu_", "ghr_", "github_pat_", "glpat-", "hf_", "KGAT_", "npm_"),
    *("pypi-AgE", "xox", "sk_live_", "AIza", "sk-ant-", "sk-proj-", "sk-svcacct-", "AKIA", "ASIA"),
    *("PRIVATE KEY", "password", "PASSWORD", "secret", "SECRET", "api_key", "API_KEY", "TOKEN"),
    "_authToken",
)
