"""What a setup.py lists is read without running it; what it computes is named."""

from pathlib import Path

import pytest

from labcoat.core.errors import LabcoatError
from labcoat.core.project_files.setup_script import read_setup_script
from support.messages import core

IMPORT = "from setuptools import setup, find_packages\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with a requirements file and a description."""
    (tmp_path / "needs.txt").write_text("# why\nsix>=1\nidna  # for names\n\n")
    (tmp_path / "README.md").write_text("text\n")
    return tmp_path


def read(folder: Path, code: str) -> tuple[object, ...] | None:
    """Return the requirements that are read from `code`; None if there are none."""
    (folder / "setup.py").write_text(IMPORT + code)
    found = read_setup_script(folder / "setup.py").dependencies
    assert found is None or not found.problem, found
    return found and found.items


@pytest.mark.parametrize(
    "code",
    [
        "setup(name='x', install_requires=['six>=1', 'idna'])",
        "import setuptools\nNEEDS = ['six>=1']\nNEEDS += ['idna']\n"
        "setuptools.setup(install_requires=NEEDS)",
        "NEEDS = []\nNEEDS.append('six>=1')\nNEEDS.extend(['idna'])\nsetup(install_requires=NEEDS)",
        "with open('needs.txt') as f:\n    needs = f.read().splitlines()\n"
        "setup(install_requires=needs)",
        "with open('needs.txt') as f:\n    needs = [l.strip() for l in f if l[0] != '#']\n"
        "setup(install_requires=needs)",
        "setup(install_requires=open('needs.txt').readlines())",
        "import os\nhere = os.path.abspath(os.path.dirname(__file__))\n"
        "def read(name):\n    'doc'\n    with open(os.path.join(here, name)) as f:\n"
        "        return f.read()\n"
        "setup(long_description=read('README.md'), install_requires=read('needs.txt'))",
        "from pathlib import Path\nneeds = (Path(__file__).parent / 'needs.txt').read_text()\n"
        "setup(install_requires=needs.split('\\n'))",
        "given = {'install_requires': ['six>=1']}\ngiven['install_requires'] += ['idna']\n"
        "if __name__ == '__main__':\n    setup(**dict(install_requires=['six>=1', 'idna']))",
        "def main():\n    setup(install_requires=['six>=1', 'idna'])\nmain()",
        "def parse(name):\n    lines = (line.strip() for line in open(name))\n"
        "    return [line for line in lines if line and not line.startswith('#')]\n"
        "setup(install_requires=parse('needs.txt'))",
        "extras = {'a': ['six>=1'], 'b': ['idna']}\n"
        "setup(install_requires=[one for each in extras.values() for one in each])",
        "setup(install_requires=sum([['six>=1'], ['idna']], []), packages=find_packages())",
        "import re\nwith open('x/version.py') as f: version = re.search('a', f.read())[0]\n"
        "setup(version=version, install_requires='six>=1\\nidna')",
    ],
)
def test_lists_are_read(folder: Path, code: str) -> None:
    """Names, files, functions and comprehensions, as setup.py files have them."""
    assert read(folder, code) == ("six>=1", "idna")


@pytest.mark.parametrize(
    "code",
    [
        "import sys\nneeds = ['six']\nif sys.version_info < (3, 9):\n    needs.append('idna')\n"
        "setup(install_requires=needs)",
        "from mine import needs\nsetup(install_requires=needs)",
        "setup(install_requires=open('/etc/hostname').read())",
        "setup(install_requires=open('../outside.txt').read())",
        "needs = ['six']\nneeds.remove('six')\nsetup(install_requires=needs)",
        "for each in range(3):\n    needs = [str(each)]\nsetup(install_requires=needs)",
        "def f(n): return f(n)\nsetup(install_requires=f(1))",
        "x = 'a'\n" + "x = x + x\n" * 60 + "setup(install_requires=[x])",
        "x = ['a'] * 10 ** 9\nsetup(install_requires=x)",
        f"setup(install_requires={'+'.join(['[1]'] * 5000)})",
        "setup(install_requires=[{'six': 1}])",
        "setup(**unknown())",
        "print('no call')",
        "setup(install_requires=['a'])\nsetup(install_requires=['b'])",
    ],
)
def test_what_is_computed_is_named(folder: Path, code: str) -> None:
    """It ends soon, is not guessed, and the setting that runs the file is in the hint."""
    (folder / "setup.py").write_text(IMPORT + code)
    found = read_setup_script(folder / "setup.py").dependencies
    assert found is not None
    assert found.computed
    assert isinstance(found.problem, LabcoatError)
    assert core.NOT_READ.format(source="setup.py") in found.problem.message
    assert "LABCOAT_RUN_SETUP=1" in found.problem.hint


@pytest.mark.parametrize(
    "code",
    [
        "open('ran', 'w').write('x')\nsetup(install_requires=['six'])",
        "import os\nos.system('touch ran')\nsetup(install_requires=[*os.popen('touch ran')])",
        "from pathlib import Path\nPath('ran').touch()\nPath('ran').write_text('x')\n"
        "setup(install_requires=['six'])",
        "exec(\"open('ran', 'w')\")\nsetup(install_requires=eval(\"[open('ran', 'w')]\"))",
        "setup(install_requires=[(lambda: open('ran', 'w'))()])",
        "setup(install_requires='{0.__class__}'.format(open('ran', 'w')))",
    ],
)
def test_nothing_runs(folder: Path, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A setup.py that writes a file wherever it runs writes none."""
    monkeypatch.chdir(folder)
    (folder / "setup.py").write_text(IMPORT + code)
    read_setup_script(folder / "setup.py")
    assert not (folder / "ran").exists()


def test_extras_and_python_are_read(folder: Path) -> None:
    """Also the files that requirements come from, but not those of the description."""
    (folder / "setup.py").write_text(
        IMPORT + "dev = open('needs.txt').read()\nopen('README.md').read()\n"
        "setup(name='x', python_requires='>=3.8', extras_require={'dev': dev, 'odd': odd()})"
    )
    found = read_setup_script(folder / "setup.py")
    assert found.dependencies is None
    assert (found.name, found.requires_python) == ("x", ">=3.8")
    assert found.extras == {}  # one that is computed makes all of them unknown
    (folder / "setup.py").write_text(
        IMPORT + "dev = open('needs.txt').read()\nopen('README.md').read()\n"
        "setup(extras_require={'dev': dev})"
    )
    extras = read_setup_script(folder / "setup.py").extras
    assert extras["dev"].items == ("six>=1", "idna")
    assert extras["dev"].files == (folder / "needs.txt",)


def test_a_file_that_does_not_parse_is_named(folder: Path) -> None:
    """The line is in the message."""
    (folder / "setup.py").write_text("print 'Python 2'\n")
    with pytest.raises(LabcoatError, match=core.NOT_PARSED.format(source="setup.py")):
        read_setup_script(folder / "setup.py")
