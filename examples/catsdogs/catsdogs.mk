# The workload's targets and settings, for any Makefile that includes labcoat's include.python.mk before this.
# Recipes pass values on. They run where IN= says, through labcoat's two words: LABCOAT_READY and LABCOAT_RUN.

catsdogs_folder := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))

##@ Cats and dogs

## what to learn from: a zip file, a folder with a subfolder per class, kaggle (with an account), mirror (3,000 photographs), mirror-full (25,000), or synthetic
DATA ?= synthetic
## the network that is frozen: vgg16, or another of Keras', such as resnet50, efficientnetb0, mobilenetv2
BACKBONE ?= vgg16
## its weights: imagenet, a file, or random; if empty, imagenet, and random for synthetic pictures
WEIGHTS ?=
## side in px of the square that pictures are resized to; if empty, 224, and 64 for synthetic pictures
SIZE ?=
## decides the split, and whatever is random
SEED ?= 0
## how pictures are divided for training, validation and test: full, chollet, chollet2, sarkar, or a manifest such as build/split.csv
SPLIT ?= full
## views of each picture that are trained on, and asked about; if empty, what the lesson says
VIEWS ?=
## convolutions with a quarter of the multiplications: on, or off for Keras' own
WINOGRAD ?= on
## which lessons: LESSONS="scaled frozen finetuned"; if empty, all
LESSONS ?=
## for lessons: keep each of so many parts back in turn; if empty, the split's test part
FOLDS ?=
## what make cache removes: stale (made by other versions, or damaged) or all; if empty, nothing
PRUNE ?=
## what to predict: files and folders; quote a name that has spaces: FILES='"my cat.jpg" dog.jpg'
FILES ?=
## what computes features: ray, for a cluster; this machine alone if empty
ENGINE ?=
## the Ray cluster's address, as ray start --head prints it; if empty, Ray on this machine alone
ADDRESS ?=
## what to export the model as: onnx, litert, or both if empty
FORMAT ?=

# Such short names are typed. A variable of the same name in the environment is somebody else's.
_catsdogs_typed = $(if $(filter environment,$(origin $(1))),,$($(1)))
# A leading ~ is the home of who types, which in a container is another. A new line put before a path tells where it begins.
define _catsdogs_line


endef
_catsdogs_at_home = $(subst $(_catsdogs_line),,$(subst $(_catsdogs_line)~/,$(HOME)/,$(_catsdogs_line)$(1)))
_catsdogs_quote = '$(subst ','\'',$(call _catsdogs_at_home,$(call _catsdogs_typed,$(1))))'
_catsdogs = $(LABCOAT_RUN) env PYTHONPATH='$(catsdogs_folder)' python -m catsdogs
_catsdogs_settings = --data $(call _catsdogs_quote,DATA) --backbone $(call _catsdogs_quote,BACKBONE) --weights $(call _catsdogs_quote,WEIGHTS) \
  --size $(call _catsdogs_quote,SIZE) --seed $(call _catsdogs_quote,SEED) --split $(call _catsdogs_quote,SPLIT) \
  --views $(call _catsdogs_quote,VIEWS) --winograd $(call _catsdogs_quote,WINOGRAD)

# A container reads data and weights where they lie. What is no path, such as the word synthetic, is passed over.
_catsdogs_empty :=
_catsdogs_parted = $(subst $(_catsdogs_empty) $(_catsdogs_empty),:,$(call _catsdogs_typed,$(1)))
_catsdogs_mounts = $(call _catsdogs_typed,DATA):$(call _catsdogs_typed,WEIGHTS):$(call _catsdogs_typed,SPLIT):$(call _catsdogs_parted,FILES)
override LABCOAT_MOUNTS := $(LABCOAT_MOUNTS)$(subst :~/,:$(HOME)/,:$(_catsdogs_mounts))
override LABCOAT_CLEAN += build

# What make prove runs on each level, from nothing, to hold the trained heads and their predictions against each other.
_catsdogs_proved := .labcoat/catsdogs
LABCOAT_PROVE_RUNS = rm -rf $(_catsdogs_proved) && env PYTHONPATH='$(catsdogs_folder)' python -m catsdogs train \
  --build $(_catsdogs_proved) $(_catsdogs_settings) -> $(_catsdogs_proved)/head.npy $(_catsdogs_proved)/predictions.csv

.PHONY: data features train finetune lessons cache report predict submit export

data: $(LABCOAT_READY) ## fetch what DATA names, look at every picture, and split them into training and validation
	@$(_catsdogs) data $(_catsdogs_settings)

features: $(LABCOAT_READY) ## compute what VGG16 sees in each picture; done once
	@$(_catsdogs) features $(_catsdogs_settings) --engine $(call _catsdogs_quote,ENGINE) --address $(call _catsdogs_quote,ADDRESS)

train: $(LABCOAT_READY) ## train the head on the features; ends with the accuracy, the model and the picture
	@$(_catsdogs) train $(_catsdogs_settings)

finetune: $(LABCOAT_READY) ## train the network's last block too, from what the others give, which is computed once
	@$(_catsdogs) finetune $(_catsdogs_settings)

lessons: $(LABCOAT_READY) ## run the lessons, from a network from scratch to fine-tuning, and write one table: build/lessons.md
	@$(_catsdogs) lessons $(_catsdogs_settings) --lessons $(call _catsdogs_quote,LESSONS) --folds $(call _catsdogs_quote,FOLDS)

cache: $(LABCOAT_READY) ## show what was computed once and kept; PRUNE= removes some of it
	@$(_catsdogs) cache --prune $(call _catsdogs_quote,PRUNE)

report: $(LABCOAT_READY) ## train, and write a page about it that needs no network: build/report.html
	@$(_catsdogs) report $(_catsdogs_settings)

predict: $(LABCOAT_READY) ## name what is in pictures: make predict FILES="a.jpg b.jpg"
	@$(_catsdogs) predict -- $(call _catsdogs_typed,FILES)

submit: $(LABCOAT_READY) ## train, and write Kaggle's answer sheet for the pictures without a class: build/submission.csv
	@$(_catsdogs) submit $(_catsdogs_settings)

export: $(LABCOAT_READY) ## write the trained model as ONNX and LiteRT, held against itself: build/model.onnx, build/model.tflite
	@$(_catsdogs) export --format $(call _catsdogs_quote,FORMAT)
