"""Which package provides a module: its own name, one of a table, or one that people chose."""

import json
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path

from labcoat.core.package_names import normalize_name
from labcoat.locking.known_packages import DISTRIBUTIONS, is_popular

_TABLE = Path(__file__).with_name("modules.json")
# The package to add where several provide a module, or where the table's source has another one.
_CHOSEN: Mapping[str, str] = {
    "airflow": "apache-airflow", "Box2D": "box2d-py", "Levenshtein": "levenshtein",
    "dbt": "dbt-core", "google": "", "google.cloud": "", "google.auth": "google-auth",
    "google.generativeai": "google-generativeai", "google.genai": "google-genai",
    "google.oauth2": "google-auth", "google.protobuf": "protobuf", "hydra": "hydra-core",
    "ibis": "ibis-framework", "igraph": "igraph", "keras": "keras",
    "mpl_toolkits.basemap": "basemap",
    "multipart": "python-multipart", "pynvml": "nvidia-ml-py", "slugify": "python-slugify",
    "google_auth_oauthlib": "google-auth-oauthlib", "sdl2": "pysdl2",
    "torch.utils.tensorboard": "tensorboard", "superset": "apache-superset",
    "sentence_transformers": "sentence-transformers", "unidecode": "unidecode",
    "vertexai": "google-cloud-aiplatform", "whisper": "openai-whisper", "zstd": "zstandard",
    "dtw": "dtw-python", "cairosvg": "cairosvg", "flash_attn": "flash-attn", "ffmpeg":
    "ffmpeg-python", "tf_keras": "tf-keras", "vaderSentiment": "vadersentiment",
    "autosklearn": "auto-sklearn", "classification_models": "image-classifiers",
    "delta.tables": "delta-spark", "kerastuner": "keras-tuner", "open_clip": "open-clip-torch",
    "segment_anything": "segment-anything", "skcuda": "scikit-cuda", "skmisc": "scikit-misc",
    "skmultilearn": "scikit-multilearn", "sko": "scikit-opt", "sksparse": "scikit-sparse",
    "sparknlp": "spark-nlp", "swisseph": "pyswisseph", "RPi": "rpi-gpio",
    "ckeditor": "django-ckeditor", "debug_toolbar": "django-debug-toolbar",
    "django_filters": "django-filter", "djgeojson": "django-geojson",
    "guardian": "django-guardian", "leaflet": "django-leaflet",
    "modeltranslation": "django-modeltranslation", "phonenumber_field": "django-phonenumber-field",
    # What data scientists import under these names is on no index; the packages of these names
    # are a toolkit for Pyramid, a clipboard, a serialization, balloons, faces and a placeholder.
    **dict.fromkeys(("apex", "clip", "bert", "habitat", "ldm", "kaolin"), ""),
    **dict.fromkeys(
        ("pythoncom", "pythonwin", "win32clipboard", "win32event", "win32file", "win32gui",
         "win32pipe", "win32print", "win32process", "win32security", "win32service",
         "win32serviceutil", "win32ui", "winerror"),
        "pywin32",
    ),
}  # fmt: skip
# Packages that provide a module instead of the one above.
_ALTERNATIVES: Mapping[str, str] = {
    "cv2": "opencv-contrib-python opencv-python-headless opencv-contrib-python-headless opencv",
    "PIL": "pillow-simd",
    "Levenshtein": "python-levenshtein",
    "dtw": "dtw",
    "faiss": "faiss-gpu faiss",
    "fitz": "pymupdfb",
    "igraph": "python-igraph",
    "jwt": "jwt",
    "keras": "keras tf-keras",
    "magic": "python-magic-bin python-libmagic",
    "multipart": "multipart",
    "mysql": "mysql-connector-python mysql-connector",
    "psycopg2": "psycopg2",
    "pytorch_lightning": "lightning",
    "kerastuner": "kt-legacy",
    "segment_anything": "segment-anything-py",
    "serial": "serial",
    "skimage": "skimage",
    "sklearn": "sklearn scikit-learn-intelex",
    "slugify": "unicode-slugify awesome-slugify slugify",
    "snappy": "snappy",
    "tensorflow": "tensorflow-cpu tensorflow-gpu tensorflow-intel tensorflow-macos tf-nightly"
    " intel-tensorflow",
    "torch": "pytorch",
    "whisper": "whisper",
    "wx": "wxpython-phoenix",
    "xgboost": "xgboost-cpu",
    "zstd": "zstd",
}
# Namespaces whose packages are named after the modules in them: google.cloud.storage.
_NAMESPACES: Mapping[str, tuple[str, int]] = {
    "google.cloud": ("google-cloud-", 1),
    "azure": ("azure-", 2),
    "azureml": ("azureml-", 1),
    "airflow.providers": ("apache-airflow-providers-", 1),
    "llama_index": ("llama-index-", 2),
    "backports": ("backports-", 1),
    "jaraco": ("jaraco-", 1),
    "sphinxcontrib": ("sphinxcontrib-", 1),
    "zope": ("zope-", 1),
    "ruamel": ("ruamel-", 1),
    "flask_ext": ("flask-", 1),
}
# Modules of those namespaces whose package has a name that does not follow.
_IN_NAMESPACES: Mapping[str, str] = {
    "google.cloud.aiplatform": "google-cloud-aiplatform",
    "google.cloud.exceptions": "google-cloud-core",
    "google.cloud.speech": "google-cloud-speech",
    "azure.ai.ml": "azure-ai-ml",
    "azure.common": "azure-common",
    "azure.core": "azure-core",
    "azure.cosmos": "azure-cosmos",
    "azure.functions": "azure-functions",
    "azure.identity": "azure-identity",
    "azure.servicebus": "azure-servicebus",
    "llama_index.core": "llama-index-core",
}
# What a service puts into its own notebooks; no index has it.
_PLATFORM_WORDS = """
google.colab kaggle_secrets kaggle_datasets kaggle_web_client dbutils pyspark.dbutils js pyodide
pyodide_js _tkinter bpy mathutils maya hou unreal nuke c4d arcpy qgis rhinoscriptsyntax adsk
FreeCAD gimpfu idaapi idc ida_bytes gdb lldb sublime sublime_plugin micropython machine utime
board digitalio
"""
PLATFORM_MODULES = frozenset(_PLATFORM_WORDS.split())
# Names that projects give their own modules: an index has packages of these names, by others.
_OWN_WORDS = """
agent agents analysis api app application apps arguments args backend base bot callbacks classes
client cli cnn code common commons component components conf config configs configuration constant
constants controller controllers core custom data data_loader data_utils dataloader dataloaders
dataset db database default demo engine env environment envs eval evaluation example examples
experiment experiments features file files frontend func function functions gan generator global
globals gui handler handlers helper helpers image images inference init layer layers lib library
libs loader logger logging_utils loss losses main method methods metric metrics misc mlp model
modeling models module modules my_utils net nets network networks nn notebook_utils op ops options
params parameters parse path paths pipeline pipelines plot plots plotting plugins predict
predictor preprocess preprocessing process processing project prompts resnet router routers routes
run runner sample schema schemas script scripts server service services setting settings setup
shared solution solver src state step steps structs task tasks test tests tool tools train trainer
training transform transforms ui unet unit util utilities utility utils utils_data vae version
view views viz vis visualization visualize web worker wrapper wrappers
"""
_OWN_NAMES = frozenset(_OWN_WORDS.split())


def package_of(module: str) -> str:
    """Return the package that provides `module`, which may be dotted; empty if none is known to.

    A module that no table has is taken for the package of its own name.
    """
    for name in _prefixes(module):
        if name in PLATFORM_MODULES:
            return ""
        if found := _IN_NAMESPACES.get(name) or _namespace_package(name):
            return found
        if name in _CHOSEN:
            return _CHOSEN[name]
        if found := DISTRIBUTIONS.get(name) or _table().get(name, ""):
            return normalize_name(found)
    top = module.partition(".")[0]
    return "" if top in _NAMESPACES else normalize_name(top.strip("_"))


def providers_of(module: str) -> set[str]:
    """Return every package that is known to provide `module`, normalized."""
    top = module.partition(".")[0]
    # A part that needs a package of its own is not there with the whole.
    is_part = any("." in name and _CHOSEN.get(name) for name in _prefixes(module))
    is_shared = any(each.partition(".")[0] == top for each in _NAMESPACES)
    if is_part or is_shared:
        return {package_of(module)} - {""}
    names = {package_of(module), top.strip("_"), *_ALTERNATIVES.get(top, "").split()}
    return {normalize_name(name) for name in names if name}


def find_providers(module: str, names: Collection[str]) -> set[str]:
    """Return those of `names`, normalized, that provide `module` or are named after it.

    Only where no popular package provides it, one that is named after it does: django-mdeditor has
    `mdeditor`, but django-redis has no `redis`.
    """
    if found := providers_of(module).intersection(names):
        return found
    top = normalize_name(module.partition(".")[0].strip("_"))
    package = package_of(module)
    if not (top and package) or is_popular(package) or module.partition(".")[0] in _NAMESPACES:
        return set()
    return {name for name in names if _is_named_after(name, top)}


def _is_named_after(name: str, top: str) -> bool:
    """Whether a package's name begins or ends with the words of a module."""
    if f"-{name}".endswith(f"-{top}") or f"{name}-".startswith(f"{top}-"):
        return True
    squeezed, module = name.replace("-", ""), top.replace("-", "")
    if module in {squeezed.removeprefix("py"), squeezed.removesuffix("py")}:
        return True
    # djangorestframework-jwt has rest_framework_jwt; a single word ends too many names.
    return "-" in top and (squeezed.endswith(module) or squeezed.startswith(module))


def is_guess(module: str) -> bool:
    """Whether no table has `module`, so that its package is taken to have its name."""
    return not is_popular(normalize_name(module.partition(".")[0])) and not any(
        name in _CHOSEN or name in DISTRIBUTIONS or name in _table() or name in _IN_NAMESPACES
        for name in _prefixes(module)
    )


def is_own_name(module: str) -> bool:
    """Whether projects commonly call a module of theirs so: no package is meant."""
    return module.partition(".")[0].lower() in _OWN_NAMES


def is_platform_module(module: str) -> bool:
    """Whether only a service or a program has `module`: no environment does."""
    return any(name in PLATFORM_MODULES for name in _prefixes(module))


def _namespace_package(name: str) -> str:
    """Return the package of a module in a namespace, such as google.cloud.storage."""
    for namespace, (prefix, most) in _NAMESPACES.items():
        if name.startswith(f"{namespace}."):
            parts = name.removeprefix(f"{namespace}.").split(".")
            if len(parts) != most:
                continue
            words = [part for part in parts if part]
            words[-1] = words[-1].rpartition("_v")[0] or words[-1]
            return normalize_name(prefix + "-".join(words))
    return ""


def _prefixes(module: str) -> list[str]:
    """Return `a.b.c`, `a.b`, `a`."""
    parts = module.split(".")
    return [".".join(parts[:end]) for end in range(len(parts), 0, -1)]


@cache
def _table() -> Mapping[str, str]:
    found: dict[str, str] = json.loads(_TABLE.read_text(encoding="utf-8"))
    return found
