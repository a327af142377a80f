"""The name of a key without the key: in examples of specifications, and in what it signed."""

import pytest

from labcoat.secrets.content import find_in_content

# Assembled here, so that no file of this repository holds what looks like a secret.
AWS = "AKIA" + "Q3EGRZ5TLMN7PVXW"
SECRET = "Zk3W9vTq2Zx8LmP4rN7b" + "YaB3dE5fG7hJ9kM2nP4q"
GITHUB = "ghp_" + "a1B2" * 9

FORM = """      schema:
        type: object
        properties:
          form:
            type: string
            {name}: "{{'url': 'https://files.corp.io',
            'fields': {{
              'key': 'a.jpg',
              'id': '{key}'}}}}"
"""
TREE = """post:
  properties:
    id:
      type: string
  {name}:
    fields:
      - id: {key}
"""
SIGNED = "fields = {{'AWSAccessKeyId': '{key}', 'policy': 'eyJl', 'signature': 'aB3/x='}}\n"

EXAMPLES = {
    "text-over-lines": ("openapi/upload.yaml", FORM.format(name="example", key=AWS)),
    "tree": ("openapi/upload.yml", TREE.format(name="examples", key=AWS)),
    "default": ("api.yaml", f"type: string\ndefault: {AWS}\n".replace(": A", ":\n  A")),
    "json": ("schema.json", f'{{"type": "string", "example": "{AWS}"}}\n'),
    "json-over-lines": ("schema.json", f'{{\n  "type": "string",\n  "example":\n    "{AWS}"\n}}'),
    "signed-form": ("upload.py", SIGNED.format(key=AWS)),
}
SURE = {
    "other-field": ("openapi/upload.yaml", FORM.format(name="value", key=AWS)),
    "after-the-example": ("api.yaml", f"type: string\nexample: a\nid: {AWS}\n"),
    "with-its-secret": (
        "openapi/upload.yml",
        TREE.format(name="example", key=AWS) + f"      - s: {SECRET}\n",
    ),
    "token": ("openapi/upload.yml", TREE.format(name="example", key=GITHUB)),
    "program": ("upload.py", TREE.format(name="example", key=AWS)),
    "settings": ("app.yaml", f"region: x\nexample:\n  id: {AWS}\n"),
    "without-a-signature": ("upload.py", SIGNED.format(key=AWS).replace("signature", "x")),
}


@pytest.mark.parametrize(("path", "text"), EXAMPLES.values(), ids=EXAMPLES.keys())
def test_name_of_a_key_is_not_sure(path: str, text: str) -> None:
    """Without its secret, an id in an example lets no one in."""
    found = find_in_content(path, text.encode())
    assert found
    assert not found.sure


@pytest.mark.parametrize(("path", "text"), SURE.values(), ids=SURE.keys())
def test_key_beside_its_secret_is_sure(path: str, text: str) -> None:
    """Elsewhere, beside a secret, or if it is a token, it is reported."""
    found = find_in_content(path, text.encode())
    assert found
    assert found.sure
