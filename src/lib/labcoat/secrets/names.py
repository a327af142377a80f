"""Files that hold secrets by their name."""

import re
from collections.abc import Iterable

from labcoat.core.path_filter import filter_paths
from labcoat.core.patterns import lazy_pattern

# `env.mongo` has the variables of a container, unlike the programs and templates of that name.
_OF_SERVICE = (
    r"env\.(?!(?:py[ix]?|[cm]?[jt]sx?|d|vue|svelte|go|rs|rb|r|jl|c|cc|cpp|h|hpp|cs|java|kts?|scala"
    r"|ex|exs|lua|nix|php|pl|sql|swift|dart|sh|bash|zsh|fish|csh|nu|ps1|bat|cmd|ya?ml|json|toml|ini"
    r"|conf|cfg|md|rst|txt|html?|xml|css|csv|in|j2|jinja2?|tmpl|tpl|erb|mk|lock|log|bak|orig|old"
    r"|example|sample|template|dist|defaults?|schema|tests?|ci|dev|devel|development|local)$)"
    r"[a-z][a-z0-9_-]{1,30}"
)
_NAMES = lazy_pattern(
    rf"""
    kaggle\.json | (?!(?:.*[-_.])?(?:example|sample|template)\.env).+\.env
    | \.envrc | {_OF_SERVICE}
    | \.env\d*(?:[.\-_](?!example$|sample$|template$|dist$|defaults?$|schema$|test$|ci$)[^.]+)*
    | .+\.env\.(?:dev|development|prod|production|stage|staging|live|local|secrets?)
    | id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?
    | (?!debug\.keystore).+\.(?:p12|pfx|ppk|jks|keystore|kdbx)
    | \.netrc | _netrc | \.pypirc | \.pgpass | \.my\.cnf | \.git-credentials | \.htpasswd
    | \.vault-token | \.cdsapirc | \.ecmwfapirc
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
    "apirc",
)
# Names that mean a secret only in their directory.
_PLACES = lazy_pattern(
    r"(?:^|/)(?:\.aws/credentials|\.kube/config|\.docker/config\.json|\.streamlit/secrets\.toml|\.config/gcloud/.+\.db)$"
)
# The folder of variables for each container, as cookiecutter-django makes it.
_FOLDER = lazy_pattern(r"(?:.*/)?\.envs/(?:.*/)?(?!(?:readme|\.git\w*)[^/]*$)[^/]+", re.IGNORECASE)
# Configuration of package clients, in which an address may contain a password.
_CLIENTS = lazy_pattern(
    r"(?:^|/)(?:pip\.(?:conf|ini)|uv\.toml|poetry\.toml|\.condarc|\.npmrc|\.yarnrc(?:\.yml)?|\.git/config|\.gitconfig)$"
)
# Files of settings, in which values need no quotes.
_SETTINGS = lazy_pattern(
    r"(?i)(?:^|[/.])(?:env|npmrc|pypirc|netrc|envrc)(?:\.[^/]*)?$"
    r"|\.(?:ya?ml|ini|cfg|conf|properties|tfvars|env|sh|bash)$"
    r"|(?:^|/)\.(?:dvc/config(?:\.local)?|aws/config|s3cfg|boto|databrickscfg|my\.cnf)$"
)
# A type that stands between a name and a text, as in `SECRET_KEY: str = "…"`.
TYPE = (
    rb"(?:Final|(?:(?:Optional|Final|ClassVar)\[)?"
    rb"(?:str|bytes|Secret(?:Str|Bytes)|[Ss]tring|&(?:'static )?str)"
    rb"\]?(?:[ \t]?\|[ \t]?None)?)"
)
_VARIABLES = lazy_pattern(
    rf"\.env\d*[.\-_]|\.env\d+$|\.envrc$|{_OF_SERVICE}$"
    r"|.+\.env\.(?:dev|development|prod|production|stage|staging|live|local|secrets?)$"
)
_OF_DEVELOPERS = lazy_pattern(r"(?i)(?:^|[._-])(?:dev|devel|development|local)(?=[._-]|$)")
_COMMANDS = lazy_pattern(
    r"(?i)(?:^|/|\.)(?:docker|container)file(?:\.[^/]*)?$|\.(?:sh|bash)$"
    # Tables of cron, and units of systemd with what belongs to them.
    r"|(?:^|[/._-])crontab(?:[._-][^/]*)?$|\.cron$|(?:^|/)cron\.(?:d|hourly|daily|weekly|monthly)/[^/]+$"
    r"|\.(?:service|socket|timer)$|\.service\.d/[^/]+\.conf$"
)


_PROGRAM = lazy_pattern(
    r"(?i)\.(?:py[iwx]?|ipynb|[cm]?[jt]sx?|vue|svelte|rb|php|p[lm]|r|jl|java|kts?|scala|groovy|cljs?"
    r"|go|rs|c|cc|cpp|cxx|h|hpp|cs|fs|vb|swift|m|mm|dart|lua|exs?|erl|hs|sh|bash|ps1|bat|cmd|sql)$"
)
_FOR_SECRETS = lazy_pattern(r"(?i)(?:^|[/._-])(?:secrets?|credentials?)(?=[/._-]|$)")
_RECIPES = lazy_pattern(r"(?i)(?:^|/)(?:gnu)?makefile$|\.mk$|(?:^|/)\.gitlab-ci\.ya?ml$")


def hinted(paths: Iterable[str]) -> list[str]:
    """Return those of `paths` that `is_secret_name` must check; it is slow for a whole tree."""
    return filter_paths(list(paths), [".env", "/env.", "\0env."], _ENDINGS)


def is_secret_name(path: str) -> bool:
    """Whether a file of this name (with its directories, separated by `/`) holds a secret."""
    name = path.rpartition("/")[2]
    return (
        _NAMES.fullmatch(name.lower()) is not None
        or _PLACES.search(path) is not None
        or _FOLDER.fullmatch(path) is not None
    )


def is_read_by_name(path: str) -> bool:
    """Whether a file is read because of its name, whatever a search finds in it."""
    return is_secret_name(path) or is_environment(path) or is_variables(path)


def is_environment(path: str) -> bool:
    """Whether a file of this name holds variables, which may be secrets."""
    name = path.rpartition("/")[2].lower()
    return (
        name.endswith(".env")
        or _VARIABLES.match(name) is not None
        or _FOLDER.fullmatch(path) is not None
    )


def without_developers(path: str) -> str:
    """Return the path of a file without what its name says of being a developer's."""
    folder, slash, name = path.rpartition("/")
    return f"{folder}{slash}{_OF_DEVELOPERS.sub('', name)}"


def is_client_config(path: str) -> bool:
    """Whether it is the configuration of a package client, whose addresses may have passwords."""
    return _CLIENTS.search(path) is not None


def holds_variables(path: str) -> bool:
    """Whether each line of a file of this name may be `NAME=value` or `name: value`, unquoted."""
    return _SETTINGS.search(path) is not None


def is_variables(path: str) -> bool:
    """Whether it is a file of secrets in which each line has a name and a value."""
    return path.endswith(".streamlit/secrets.toml")


def is_example_of_variables(path: str) -> bool:
    """Whether it is a sample of a file of variables, with values for show."""
    return is_environment(path) and not is_secret_name(path)


def holds_commands(path: str) -> bool:
    """Whether it is a Dockerfile, a script and the like, with several values on a line."""
    return _COMMANDS.search(path) is not None


def runs_commands(path: str) -> bool:
    """Whether a file of this name runs commands of the shell: also a Makefile."""
    return holds_commands(path) or _RECIPES.search(path) is not None


def is_program(path: str) -> bool:
    """Whether it is the source of a program, in any language: others need it as it is."""
    return _PROGRAM.search(path) is not None


def is_for_secrets(path: str) -> bool:
    """Whether the name of a file, or of a folder with data, says that secrets are there.

    The programs of a folder may only be about secrets.
    """
    named = path.rpartition("/")[2] if is_program(path) else path
    return _FOR_SECRETS.search(named) is not None
