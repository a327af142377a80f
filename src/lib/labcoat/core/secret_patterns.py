"""What a secret looks like: by the name of its file, or by its content."""

import os
import re
import stat
from collections.abc import Iterable
from pathlib import Path

from labcoat.core.path_filter import filter_paths

_NAMES = re.compile(
    r"""
    kaggle\.json | (?!(?:.*[-_.])?(?:example|sample|template)\.env).+\.env
    | \.env(?:\.(?!example$|sample$|template$|dist$|defaults?$|schema$|test$|ci$)[^.]+)*
    | id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?
    | (?!debug\.keystore).+\.(?:p12|pfx|ppk|jks|keystore|kdbx)
    | \.netrc | _netrc | \.pypirc | \.pgpass | \.my\.cnf | \.git-credentials | \.htpasswd
    | \.vault-token
    | credentials\.json | client_secret.*\.json | service[-_]account.*\.json
    | application_default_credentials\.json
    """,
    re.VERBOSE,
)
# Endings of all names that `_NAMES` and `_PLACES` match, except .env.something.
_ENDINGS = (
    *(
        ".json",
        ".env",
        "rsa",
        "dsa",
        "_sk",
        "ed25519",
        ".p12",
        ".pfx",
        ".ppk",
        ".jks",
        ".keystore",
        ".kdbx",
        "netrc",
        ".pypirc",
    ),
    *(".pgpass", ".my.cnf", "credentials", ".htpasswd", ".vault-token", "config", ".toml", ".db"),
)
# Names that mean a secret only in their directory.
_PLACES = re.compile(
    r"(?:^|/)(?:\.aws/credentials|\.kube/config|\.docker/config\.json|\.streamlit/secrets\.toml|\.config/gcloud/.+\.db)$"
)
# Configuration of package clients, in which an address may contain a password.
_CLIENTS = re.compile(
    r"(?:^|/)(?:pip\.(?:conf|ini)|uv\.toml|poetry\.toml|\.condarc|\.npmrc|\.yarnrc(?:\.yml)?|\.git/config|\.gitconfig)$"
)
# How a token begins, and what must follow for it to be a real one.
_TOKENS: tuple[tuple[str, bytes, bytes], ...] = (
    *(
        ("an AWS access key", start, rb"[0-9A-Z]{9}(?!EXAMPLE)[0-9A-Z]{7}\b")
        for start in (b"AKIA", b"ASIA")
    ),
    *(
        ("a GitHub token", start, rb"[A-Za-z0-9]{36,}\b")
        for start in (b"ghp_", b"gho_", b"ghs_", b"ghu_", b"ghr_")
    ),
    ("a GitHub token", b"github_pat_", rb"[A-Za-z0-9]{22}_[A-Za-z0-9]{59}\b"),
    ("a GitLab token", b"glpat-", rb"[A-Za-z0-9_-]{20,}"),
    ("a Hugging Face token", b"hf_", rb"[A-Za-z]{34}\b"),
    ("a Kaggle token", b"KGAT_", rb"[0-9a-f]{32}\b"),
    ("a PyPI token", b"pypi-AgE", rb"[A-Za-z0-9_-]{50,}"),
    ("an npm token", b"npm_", rb"[A-Za-z0-9]{36}\b"),
    ("a Slack token", b"xox", rb"[abprs]-[0-9]{10,}-[0-9A-Za-z-]{20,}"),
    ("a Stripe key", b"sk_live_", rb"[0-9A-Za-z]{24,}"),
    ("a Google API key", b"AIza", rb"[0-9A-Za-z_-]{35}\b"),
    ("an Anthropic key", b"sk-ant-", rb"[A-Za-z0-9_-]{32,}"),
    *(("an OpenAI key", start, rb"[A-Za-z0-9_-]{40,}") for start in (b"sk-proj-", b"sk-svcacct-")),
)
# In JSON and in source code the lines of a key are separated by `\n`, or each is quoted.
_KEY = (
    rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"
    rb"""(?:\s+[A-Za-z0-9+/=:]|(?:\s|\\+[nr]|["',])+[A-Za-z0-9+/=]{16})"""
)
# The beginning is searched first, which is fast; the `n` of a `\n` before it is not part of a word.
_TOKEN = rb"%b(?:(?<!\w%b)|(?<=\\[nrt]%b))%b"
_CONTENT = (
    ("a private key", b"PRIVATE KEY", re.compile(_KEY)),
    *(
        (what, start, re.compile(_TOKEN % (start, start, start, rest)))
        for what, start, rest in _TOKENS
    ),
)
_FOR_SHOW = re.compile(rb"(.)\1{15}")  # `xxxx…` instead of a token
# In a file of variables: names of secrets, and values that are placeholders.
_VARIABLE = re.compile(
    rb"^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=[ \t]*(.*?)[ \t\r]*$", re.MULTILINE
)
# Words in names of secrets: at the end of a variable's name, and anywhere in any name. Where the
# second is empty, other names have the word too, as JupyterLab's setting "key": "ui-font-size1".
_WORDS: tuple[tuple[bytes, bytes], ...] = (
    (rb"TOKEN", rb"token"),
    (rb"SECRET", rb"secret"),
    (rb"CREDENTIAL", rb"credential"),
    (rb"PASSW(?:OR)?D", rb"passw(?:or)?d"),
    (rb"PASSPHRASE", rb"(?:\b|_|pg|db)passphrase$"),
    (rb"(?<!BY)(?<!COM)PASS", rb"(?:\b|_|pg|db)pass$"),
    (rb"PWD", b""),
    (rb"_DSN", b""),
    (rb"API_?KEY", rb"api[_-]?key"),
    (rb"ACCESS_?KEY", rb"access[_-]?key"),
    (rb"PRIVATE_?KEY", rb"private[_-]?key"),
    (rb"(?:SECRET|AUTH|ACCOUNT|MASTER|SIGNING|ENCRYPTION)KEY", b""),
    (rb"(?<![^_])(?:KEY|O?AUTH|SALT)", b""),  # as a whole word: MONKEY is not a key
)
# A number or a format may follow; KEY_PREFIX and TOKEN_TTL are settings.
_SECRET_VARIABLE = re.compile(
    rb"\w*(?:%b)S?"
    rb"(?:_(?:BASE|BASE64|B64|PEM|JSON|HASH|PROD|PRODUCTION|STAGING|LIVE|OLD|NEW|V\d+))*_?\d*"
    % b"|".join(variable for variable, _ in _WORDS),
    re.IGNORECASE,
)
_SECRET_WORD = re.compile(b"|".join(word for _, word in _WORDS if word), re.IGNORECASE)
_PUBLIC = re.compile(
    rb"(?:NEXT_PUBLIC|NUXT_PUBLIC|VITE|REACT_APP|VUE_APP|GATSBY|EXPO_PUBLIC|PUBLIC)_", re.IGNORECASE
)
_STAND_IN = re.compile(
    rb"[-x*.#_0]*|<.*>|\[.*\]|\$.*"
    rb"|.*\b(?:change|replace|insert|enter|put|your)[-_ ]?(?:me|this|it|here|my|own)?(?:\b|_).*"
    rb"|.*(?:example|placeholder|dummy|sample|secret|passw|not[-_]?(?:so|set)|insecure|todo|fake|mock).*"
    rb"|none|null|nil|true|false|yes|no|on|off|tests?|testing|dev(?:elopment)?|local|postgres|root|admin|minio(?:admin)?|guest|user"
    rb"|(?:my|your)?[-_]?(?:pass|pwd|pw|token|auth)|foo|bar|abc|-?[\d.]+|https?://\S*|(?:~|\.\.?)?/(?:[\w.@-]+/)*[\w.@-]+/?|[a-z]:\\.*",
    re.IGNORECASE,
)
_ADDRESS = re.compile(
    rb"(?i)\b[a-z][a-z0-9+.-]{1,10}://[^\s/:@\"'<>${}]+:([^\s/@\"'<>${}]{3,})@[\w.-]+"
)
NEEDLES: tuple[str, ...] = tuple(
    needle.decode() for _, needle, _ in _CONTENT
)  # fixed strings to search for first
LARGEST = (
    1 << 20
)  # bytes; keys and tokens are in small files, and reading all weights and data would take minutes
_LARGEST_NOTEBOOK = 1 << 26


def hinted(paths: Iterable[str]) -> list[str]:
    """Return those of `paths` that `is_secret_name` must check; it is slow for a whole tree."""
    return filter_paths(list(paths), [".env"], _ENDINGS)


def is_secret_name(path: str) -> bool:
    """Whether a file of this name (with its directories, separated by `/`) holds a secret."""
    name = path.rpartition("/")[2]
    return _NAMES.fullmatch(name.lower()) is not None or _PLACES.search(path) is not None


def is_environment(path: str) -> bool:
    """Whether a file of this name holds variables, which may be secrets."""
    name = path.rpartition("/")[2].lower()
    return name.endswith(".env") or name.startswith(".env.")


def in_environment(data: bytes) -> bool:
    """Whether a variable in `data` (UTF-8, or UTF-16 with a mark) seems to be a real secret."""
    for name, value in _VARIABLE.findall(_as_utf8(data)):
        plain = value.strip(b"\"'")
        if is_telling(name, plain) or find_passwords(plain) or secrets_in_content(plain):
            return True
    return False


def is_telling(name: bytes, value: bytes) -> bool:
    """Whether a variable's name says that it is a secret, and its value is not a placeholder."""
    return (
        bool(_SECRET_VARIABLE.fullmatch(name))
        and not _PUBLIC.match(name)
        and not is_stand_in(value)
    )


def has_secret_word(name: bytes) -> bool:
    """Whether a name of any kind has a word in it that means a secret."""
    return _SECRET_WORD.search(name) is not None


def is_stand_in(value: bytes) -> bool:
    """Whether a value is a placeholder, such as `changeme`, `<password>` or `$TOKEN`."""
    return _STAND_IN.fullmatch(value) is not None


def find_passwords(data: bytes) -> list[bytes]:
    """Return the passwords in addresses (`https://name:password@host`), without placeholders."""
    return [password for password in _ADDRESS.findall(_as_utf8(data)) if not is_stand_in(password)]


def secrets_in_content(data: bytes) -> str:
    """Return the kind of secret in `data` (UTF-8, or UTF-16 with a mark), with an article.

    Empty if there is none, or it repeats one character.
    """
    data = _as_utf8(data)
    for what, needle, pattern in _CONTENT:
        if needle in data and any(
            not _FOR_SHOW.search(found[0]) for found in pattern.finditer(data)
        ):
            return what
    return ""


def _as_utf8(data: bytes) -> bytes:
    """Decode UTF-16, and remove the byte order mark that PowerShell and Notepad write."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace").encode()
    return data.removeprefix(b"\xef\xbb\xbf")


def is_secret(path: Path) -> bool:
    """Whether the file `path` is a secret by its name or its content; a symlink by its name only.

    The first megabyte is searched; a notebook, which may begin with pictures, completely.
    """
    name = path.as_posix()
    if is_secret_name(name):
        return True
    data = secret_in(path, _LARGEST_NOTEBOOK if name.endswith(".ipynb") else LARGEST)
    return bool(secrets_in_content(data)) or (
        _CLIENTS.search(name) is not None and bool(find_passwords(data))
    )


def secret_in(path: Path, most: int = LARGEST) -> bytes:
    """Return the first `most` bytes of a regular file; nothing if it cannot be read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return b""
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        return b""
    with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor, not a path
        return file.read(most)
