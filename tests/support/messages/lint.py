"""What `labcoat check`, `fix` and `explain` print, as far as tests assert it."""

# Notes about what was not checked
UNREADABLE_FOLDER = "cannot read {path}: docker build fails unless"
UNREADABLE_IGNORE_FILE = "cannot read .dockerignore (Permission denied): the build context"
