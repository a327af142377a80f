"""Message texts of container/{dockerfile,context} that tests compare with."""

# guarantees
PACKAGES = "that its packages match the lock"
SAME_IMAGE = "that every build gives the same image"
NOT_ROOT = "that it does not run as root"

# preflight
REFUSAL = "a secret would reach the image: {}"
REFUSAL_HINT = "Add it to .dockerignore, as `make fix` does, and build again"
REFUSAL_OF_HISTORY = (
    "a secret would reach the image's history: a password in a command in line 2 of `Dockerfile`"
)
REFUSAL_HINT_NAMED = (
    "Remove it from the COPY that names it, and give it to the build with `--secret`,"
    " or at run time"
)
REFUSAL_HINT_IN_FOLDER = "Remove it, or add it to `{0}/.dockerignore`, and build again"
LARGE_CONTEXT = "the build context is {} MiB; `make context` lists its largest files"
MOUNTED_FILE = (
    "a RUN can read `{}`: labcoat cannot guarantee that this secret stays out of the image"
)

# build_context
MALFORMED_PATTERN_HINT = "Correct the pattern: Docker refuses every build with it"

# context_archive
CANNOT_SEND = "cannot send `{}` to the builder: {}"
