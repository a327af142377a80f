# labcoat's targets, from the labcoat that is installed on this machine (`labcoat init` wrote this).
# Without one, these targets fail and all others work. Set LABCOAT_… variables before the include.
ifneq ($(origin _labcoat_mk),file)
_labcoat_mk := $(shell labcoat mk 2>/dev/null)
ifneq ($(filter %include.python.mk,$(_labcoat_mk)),)
include $(_labcoat_mk)
else
_labcoat_goal := $(.DEFAULT_GOAL)
LABCOAT_OWN ?=
unexport LABCOAT_OWN
LABCOAT_READY := labcoat-venv
LABCOAT_RUN := labcoat run --
LABCOAT_BIN := .venv/bin
_labcoat_names := help requirements upgrade venv freeze status conda user-install docker docker-push binder \
  extern run shell notebook prove check fix context doctor clean distclean
.PHONY: $(filter-out $(LABCOAT_OWN),$(_labcoat_names)) $(addprefix labcoat-,$(_labcoat_names))
$(filter-out $(LABCOAT_OWN),$(_labcoat_names)) $(addprefix labcoat-,$(_labcoat_names)):; @printf '%s\n' 'error: labcoat is not installed, and make $@ needs it' 'hint: Run `pipx install labcoat`' >&2; exit 2
.DEFAULT_GOAL := $(_labcoat_goal)
endif
MAKEFILE_LIST := $(filter-out %labcoat.mk,$(MAKEFILE_LIST))
endif
