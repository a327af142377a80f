"""Variables named like secrets, and whether a value is a real secret or a placeholder."""

import binascii
import math
import re

from labcoat.core.patterns import lazy_pattern
from labcoat.secrets.randomness import (
    entropy,
    is_counted,
    is_long_random_text,
    is_random_text,
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
_AFTER = (
    rb"S?(?:_(?:BASE|BASE64|B64|PEM|JSON|HASH|PROD|PRODUCTION|STAGING|LIVE|OLD|NEW|V\d+))*_?\d*"
)
_SECRET_VARIABLE = lazy_pattern(
    rb"\w*(?:%b)%b" % (b"|".join(variable for variable, _ in _WORDS), _AFTER), re.IGNORECASE
)
_SECRET_WORD = lazy_pattern(b"|".join(word for _, word in _WORDS if word), re.IGNORECASE)
_PUBLIC = lazy_pattern(
    rb"(?:NEXT_PUBLIC|NUXT_PUBLIC|VITE|REACT_APP|VUE_APP|GATSBY|EXPO_PUBLIC|PUBLIC)_", re.IGNORECASE
)
# The half of a pair that others get; PUBLIC_KEY_PASSWORD is a secret.
_PUBLIC_HALF = lazy_pattern(rb"(?i)(?:^|_)(?:public|publishable|pub)_?key%b$" % _AFTER)
_PUBLIC_VALUE = lazy_pattern(
    rb"[\"']?(?:-----BEGIN (?:[A-Z]+ )?(?:PUBLIC KEY|CERTIFICATE)-|ssh-(?:rsa|dss|ed25519)(?: |$))"
)
# The word in other languages than English.
_PASSWORDS = (
    "contrase(?:n|ñ)|senha|mot-?de-?passe|kennwort|wachtwoord"
    "|пароль|パスワード|密(?:码|碼)|비밀번호"
)
_STAND_IN = lazy_pattern(
    rb"[-x*.#_0]*|<.*>|\[.*\]|\$.*"
    rb"|.*\b(?:change|replace|insert|enter|put|your)[-_ ]?(?:me|this|it|here|my|own)?(?:\b|_).*"
    rb"|.*(?:example|placeholder|dummy|sample|secret|passw|not[-_]?(?:so|set)|insecure|todo|fake|mock).*"
    rb"|.*(?:" + _PASSWORDS.encode() + rb").*"
    rb"|none|null|nil|true|false|yes|no|on|off|tests?|testing|dev(?:elopment)?|local|postgres|root|admin|minio(?:admin)?|guest|user"
    rb"|(?-i:[A-Z]{2,}(?:_[A-Z]{2,})+)|[\w@./-]+\.(?:json|pem|p12|pfx|crt|cer|jks|ya?ml|toml|txt|ini)"
    rb"|(?:my|your)?[-_]?(?:pass|pwd|pw|token|auth|value)|foo|bar|abc|-?[\d.]+|https?://\S*|(?:~|\.\.?)?/(?:[\w.@-]+/)*[\w.@-]+/?|[a-z]:\\.*",
    re.IGNORECASE,
)
# What says in words that it is a key: `prod_api_key_1`, `token-for-tests`. It has few digits.
_NAMES_ITSELF = lazy_pattern(
    rb"(?i)(?!(?:\D*\d){7})(?:[a-z]{1,14}[-_])*(?:api[-_]?)?(?:key|token)s?\d{0,4}"
    rb"(?:[-_](?:[a-z]{1,14}|\d{1,4}))*"
)
_OF_KEYS = lazy_pattern(rb"(?i)api|key|token")
# Of a package, whose name may speak of secrets: conda's `secretstorage=3.3.3=py310hff52083_1`.
# A token may begin like one: Zoho's are `1000.`, two long numbers and a dot between them.
_VERSION = lazy_pattern(
    rb"(?i)={0,2}\d{1,8}(?:\.\d{1,8}){1,5}[a-z]?"
    rb"(?:[-_.]?(?:a|b|rc|alpha|beta|pre|post|dev)[-_.]?\d{0,3}){0,3}(?:\+[a-z0-9.]{1,20})?(?:=\w+)?"
    rb"|\d{1,8}(?:\.\d{1,8}){0,3}\.v[0-9a-f_]{6,24}"  # of a plugin of Jenkins
)
_MARKED = lazy_pattern(
    rb"(?i)change[-_ ]?(?:me|this|it)|example|placeholder|dummy|your[-_]|x{5}|\*{4}|fake|mock"
    rb"|redacted|notreal|insecure|gitleaks:allow|pragma:? ?(?:allow|white)list[ -]secret"
)
_SEQUENCE = lazy_pattern(
    rb"(?i)0123456|1234567|9876543|abcdefg?h|fedcba9|qwerty|(.)\1{5}|(..)\2{4}|deadbeef"
)
_ALPHABET = lazy_pattern(rb"(?i)abcdefgh")
# What a name must have so that a made-up value for it is a secret; `key` alone is a column.
_NAMED = lazy_pattern(
    rb"(?i)(?:^|[\W_]|[a-z](?=[A-Z]))(?:.*(?:passw(?:or)?d|passphrase|secret|credential|api[_.-]?key"
    rb"|access[_.-]?key|private[_.-]?key|auth[_.-]?key|account[_.-]?key|encryption[_.-]?key"
    rb"|(?:fernet|jwt|hmac|master)[_.-]?key|key[_.-]?api$|(?:vapid|rsa|ecdsa|ssh)[_.-]?private$"
    rb"|signing[_.-]?key|secret[_.-]?key|(?:auth|access|api|bot|bearer|refresh|secret|personal|deploy|service|github|gitlab|slack"
    rb"|discord|telegram|tushare|my)[_.-]?token"
    rb"|token[_.-]?value))"
    rb"|(?-i:^[A-Z0-9_]*(?:TOKEN|PASSWORD|SECRET|_PWD|_PASS)$)|^_auth(?:Token)?$|^token$"
)
# What a value is called where all are secrets.
_PLAIN_KEY = lazy_pattern(rb"(?i)key|token|pass|pwd|auth")
# Each name that `_NAMED` matches has one of these in it, in whatever case.
SECRET_PARTS = (
    b"pass",
    b"pwd",
    b"secret",
    b"credential",
    b"key",
    b"token",
    b"auth",
    b"pro_api",
    b"_private",
)
_NOT_SECRET = lazy_pattern(
    rb"(?i)public|publishable|csrf|xsrf|site[_-]?key|client[_-]?id|key[_-]?id|hash|digest|checksum"
    rb"|(?<!unen)(?<!de)crypted$|(?:^|[_.-])(?:en)?crypted[_.-]?(?:passw(?:or)?d|secret|token)$"
    rb"|(?:token|secret|key|password)[_.-]?(?:name|id|url|uri|file|path|type|length|field|prefix"
    rb"|suffix|class|header|param|arn|ref|version|size|expir\w*|ttl|pattern|regex|label|hint"
    rb"|placeholder|text|title|description|message|help)|tokenizer|(?:pad|eos|bos|unk|mask)_token"
)
_WORD_WITH_NUMBER = lazy_pattern(rb"[A-Za-z]+[\d@#_.-]*[!@#%^&*?~.]*")
_DIGEST = lazy_pattern(rb"(?i)(?:sha\d+|md5|pbkdf2\w*|argon2\w*|bcrypt)[:$-].*")  # of a password
# Digits and symbols in the place of letters that they look like, as `p4ssw0rd` has them.
_LEET = bytes.maketrans(b"013457@$!", b"oieastasi")
_LEET_SYMBOLS = b"@$!"
_TAIL = lazy_pattern(rb"[\W\d_]{1,6}\Z")
_GUESSED = lazy_pattern(rb"(?i)pass(?:[a-z]{0,4}d)?|foobar|welcome|letmein")
_PRINTABLE = lazy_pattern(rb"[ -~]+")
_WORD = lazy_pattern(rb"[a-z]{4,}|[A-Z]{4,}")
_LONGEST_WORDS = 64  # characters of a value that says what it is
_LONGEST_GUESSED = 24  # characters; in longer ones a word is chance
# A password that Safari proposes: three groups of syllables, a capital and a digit among them.
_OF_APPLE = lazy_pattern(
    rb"(?=[^A-Z]*[A-Z][^A-Z]*\Z)(?=\D*\d\D*\Z)[A-Za-z\d]{6}-[A-Za-z\d]{6}-[A-Za-z\d]{6}"
)
# https://github.com/django/django/blob/main/django/core/management/utils.py: get_random_secret_key
_OF_DJANGO = lazy_pattern(rb"[a-z0-9!@#$%^&*(\-_=+)]{50}")
# A dollar sign begins a variable there, but not in `K9!m$vR7`, as a program makes passwords.
_CODE = lazy_pattern(rb"[\s<>{}()\[\]]|\$(?:[A-Z_]{2,}|[a-z_]{3,}|\d?(?!\w))|\.\.|::|//|\\\\")
_LETTER = lazy_pattern(rb"[A-Za-z]")
_DIGIT = lazy_pattern(rb"\d")
_NO_LETTER = lazy_pattern(rb"[^A-Za-z]+")
_SYMBOL = lazy_pattern(rb"[!@#%^&*?~]")
_CHANGE = lazy_pattern(rb"[A-Za-z](?=\d)|\d(?=[A-Za-z])|[a-z](?=[A-Z][a-z]?[A-Z\d])")
_SYMBOL_OF_CODE = lazy_pattern(rb"[()$]")
_LEAST_ENTROPY = 4.0  # of fifty characters
_LEAST = 8  # characters of a value that was generated
_LEAST_LETTERS = 10
_SHORT = 20  # characters; in longer ones `1234` is chance


def is_telling(name: bytes, value: bytes) -> bool:
    """Whether a variable's name says that it is a secret, and its value is not a placeholder."""
    return is_secret_variable(name) and not is_stand_in(value) and not _PUBLIC_VALUE.match(value)


def is_secret_variable(name: bytes) -> bool:
    """Whether a variable's name says that it is a secret."""
    return (
        bool(_SECRET_VARIABLE.fullmatch(name))
        and not _PUBLIC.match(name)
        and not _PUBLIC_HALF.search(name)
    )


def is_named_secret(name: bytes) -> bool:
    """Whether a made-up value under this name lets somebody in."""
    return _NAMED.search(name) is not None and not _NOT_SECRET.search(name)


def is_plain_key(name: bytes) -> bool:
    """Whether a made-up value under this name lets somebody in, in a file for secrets."""
    return _PLAIN_KEY.fullmatch(name) is not None


def has_secret_word(name: bytes) -> bool:
    """Whether a name of any kind has a word in it that means a secret."""
    return _SECRET_WORD.search(name) is not None


def is_stand_in(value: bytes) -> bool:
    """Whether a value is a placeholder, such as `changeme` or `$TOKEN`, or a list of them."""
    return _STAND_IN.fullmatch(value) is not None or all(
        _STAND_IN.fullmatch(each) or _names_itself(each) for each in value.split(b",")
    )


def _names_itself(value: bytes) -> bool:
    """Whether a value is words of one case about a key, and not letters in any order."""
    return (
        len(value) <= _LONGEST_WORDS
        and (value.islower() or value.isupper())
        and _NAMES_ITSELF.fullmatch(value) is not None
        and not is_random_text(_OF_KEYS.sub(b" ", value))
    )


def is_disguised(value: bytes) -> bool:
    """Whether a value is a placeholder in leetspeak, such as `P@ssw0rd!`, or a word in base64."""
    decoded = _decode(value)
    if decoded:
        return not is_generated(decoded)
    if len(value) > _LONGEST_GUESSED:
        return False
    written = (
        text.translate(_LEET, without)
        for text in (value, _TAIL.sub(b"", value))
        for without in (b"", _LEET_SYMBOLS)
    )
    return any(
        is_stand_in(text) or is_marked(text) or _GUESSED.fullmatch(text) is not None
        for text in written
        if text
    )


def _decode(value: bytes) -> bytes:
    """Return the text that base64 encodes; empty for random bytes, which are not text."""
    try:
        decoded = binascii.a2b_base64(value, strict_mode=True)
    except ValueError:
        return b""
    is_text = _PRINTABLE.fullmatch(decoded) is not None
    return decoded if is_text and (len(decoded) >= _LEAST or _WORD.fullmatch(decoded)) else b""


def is_version(value: bytes) -> bool:
    """Whether a value is the version of a package, with conda's build or pip's `==` around."""
    return _VERSION.fullmatch(value) is not None


def is_generated(value: bytes) -> bool:
    """Whether a value looks as if a program made it up, unlike a word, a name or a path.

    Digits and letters that alternate, or letters in an order that no language has.
    """
    if (
        len(value) < _LEAST
        or is_stand_in(value)
        or is_version(value)
        or _MARKED.search(value)
        or _SEQUENCE.search(value)
        or _ALPHABET.search(_NO_LETTER.sub(b"", value))  # a1b2c3d4…
    ):
        return False
    if (_CODE.search(value) and not is_django_key(value)) or not _LETTER.search(value):
        return False
    if _DIGEST.fullmatch(value) or (len(value) < _SHORT and b"1234" in value):
        return False
    if entropy(value) < min(3.0, math.log2(len(value)) - 0.8):
        return False
    if not _DIGIT.search(value):
        return len(value) >= _LEAST_LETTERS and is_random_text(value)
    changes = len(_CHANGE.findall(value))
    symbols = _SYMBOL.search(value) and not _WORD_WITH_NUMBER.fullmatch(value)
    return (
        changes >= 3
        or bool(symbols)
        or (changes >= 2 and (is_random_text(value) or is_long_random_text(value)))
        or _OF_APPLE.fullmatch(value) is not None
    )


def is_strong(value: bytes) -> bool:
    """Whether a value of a file of variables is more than a word that everybody would guess."""
    return not is_disguised(value) and (
        is_generated(value)
        or (
            len(value) >= 8
            and re.search(rb"\d", value) is not None
            and re.search(rb"[A-Za-z]", value) is not None
            and not is_marked(value)
            and not (len(value) >= _SHORT and is_counted(value))
        )
    )


def is_django_key(value: bytes) -> bool:
    """Whether a value looks like one of the keys that Django generates, with any symbols in it."""
    return (
        _OF_DJANGO.fullmatch(value) is not None
        and _SYMBOL_OF_CODE.search(value) is not None
        and entropy(value) > _LEAST_ENTROPY
    )


def is_marked(text: bytes) -> bool:
    """Whether a text says that it is not a real secret."""
    return _MARKED.search(text) is not None


def is_mixed(value: bytes) -> bool:
    """Whether letters and digits alternate in a short password, as in no word with a year."""
    changes = re.findall(rb"[A-Za-z](?=\d)|\d(?=[A-Za-z])", value)
    return is_generated(value) or (len(value) >= 6 and len(changes) >= 2)
