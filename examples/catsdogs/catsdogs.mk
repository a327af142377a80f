# The example's targets and settings, for any Makefile that includes labcoat's include.python.mk before this.
# Recipes run on the level of isolation in IN=, through LABCOAT_READY and LABCOAT_RUN.

catsdogs_folder := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))

##@ Cats and dogs

## the data: a zip file, a folder with a subfolder per class, kaggle (with an account), mirror (3,000 photographs), mirror-full (25,000), or synthetic; if empty, synthetic, or the data of the model to report on or to submit with
DATA ?=
## the pretrained network: vgg16, or another of Keras', such as resnet50, efficientnetb0, mobilenetv2; if empty, vgg16
BACKBONE ?=
## its weights: imagenet, a file, or random; if empty, imagenet, or random for synthetic pictures
WEIGHTS ?=
## resize pictures to a square with this side in px; if empty, 224 (make lessons: 150 and 224), or 64 for synthetic pictures
SIZE ?=
## seed of the split and of random numbers; if empty, 0
SEED ?=
## how to split pictures for training, validation and test: full, chollet, chollet2, sarkar, folders (train, validation, test), or a manifest such as build/split.csv; if empty, folders if there are any, or full
SPLIT ?=
## where the classes are: top (folders), parts (folders in train, validation, test), names (cat.0.jpg) or last (innermost folders); if empty, find out
CLASSES ?=
## which pictures stay in one part of the split: near (near duplicates) or exact (copies of a file); if empty, near
ALIKE ?=
## views of each picture to train on and to predict from; if empty, the lesson's number
VIEWS ?=
## convolutions with a quarter of the multiplications: on, or off for Keras' convolutions; if empty, on, or off with GPU=1
WINOGRAD ?=
## 1 to let all classes count the same in training, however many pictures each has
BALANCE ?=
## the model to predict, report, submit or export with: finetuned, another beginning of a name in build/models, or a file; if empty, the last one
MODEL ?=
## which lessons: LESSONS="scaled frozen finetuned"; if empty, all
LESSONS ?=
## the number of folds to cross-validate lessons with; 0 uses the split's test part; if empty, 5, and the split for lessons from scratch
FOLDS ?=
## what make cache removes: stale (of other versions, or damaged) or all; if empty, nothing
PRUNE ?=
## what to predict: files and folders; quote a name that has spaces: FILES='"my cat.jpg" dog.jpg'
FILES ?=
## what computes features: ray, for a cluster; if empty, this machine alone
ENGINE ?=
## the Ray cluster's address, as ray start --head prints it; if empty, Ray on this machine alone
ADDRESS ?=
## the format of the exported model: onnx or litert; if empty, both
FORMAT ?=

# Environment variables are ignored: such short names may have another meaning there.
_catsdogs_typed = $(if $(filter environment,$(origin $(1))),,$($(1)))
# A leading ~ is the user's home, which differs in a container. A newline before a path marks its beginning.
define _catsdogs_line


endef
_catsdogs_at_home = $(subst $(_catsdogs_line),,$(subst $(_catsdogs_line)~/,$(HOME)/,$(_catsdogs_line)$(1)))
_catsdogs_quote = '$(subst ','\'',$(call _catsdogs_at_home,$(call _catsdogs_typed,$(1))))'
# GPU=1 gives a container the GPUs, and makes the example use one.
_catsdogs_gpu = --gpu '$(LABCOAT_GPU)'
_catsdogs = $(LABCOAT_RUN) env PYTHONPATH='$(catsdogs_folder)' python -m catsdogs
_catsdogs_settings = --data $(call _catsdogs_quote,DATA) --backbone $(call _catsdogs_quote,BACKBONE) --weights $(call _catsdogs_quote,WEIGHTS) \
  --size $(call _catsdogs_quote,SIZE) --seed $(call _catsdogs_quote,SEED) --split $(call _catsdogs_quote,SPLIT) \
  --classes $(call _catsdogs_quote,CLASSES) --alike $(call _catsdogs_quote,ALIKE) \
  --views $(call _catsdogs_quote,VIEWS) --winograd $(call _catsdogs_quote,WINOGRAD) --balance $(call _catsdogs_quote,BALANCE) \
  $(_catsdogs_gpu)
_catsdogs_model = --model $(call _catsdogs_quote,MODEL)

# A container mounts data and weights in place. Values that are not paths, such as synthetic, are ignored.
_catsdogs_empty :=
_catsdogs_parted = $(subst $(_catsdogs_empty) $(_catsdogs_empty),:,$(call _catsdogs_typed,$(1)))
_catsdogs_mounts = $(call _catsdogs_typed,DATA):$(call _catsdogs_typed,WEIGHTS):$(call _catsdogs_typed,SPLIT):$(call _catsdogs_typed,MODEL):$(call _catsdogs_parted,FILES)
# So are the data and weights of a model that is there, which a report or a submission needs again.
_catsdogs_named = $(call _catsdogs_at_home,$(call _catsdogs_typed,MODEL))
_catsdogs_kept = $(if $(filter report submit,$(MAKECMDGOALS)),$(wildcard $(if $(_catsdogs_named), \
  build/models/$(_catsdogs_named)*/mounts.txt $(dir $(_catsdogs_named))mounts.txt $(_catsdogs_named)/mounts.txt,build/mounts.txt)))
_catsdogs_made_of = $(if $(_catsdogs_kept),:$(shell cat $(_catsdogs_kept) | tr '\n' ':'))
override LABCOAT_MOUNTS := $(LABCOAT_MOUNTS)$(subst :~/,:$(HOME)/,:$(_catsdogs_mounts))$(_catsdogs_made_of)
override LABCOAT_CLEAN += build

# make prove trains from scratch on each level, and compares the trained heads and their predictions.
_catsdogs_proved := .labcoat/catsdogs
LABCOAT_PROVE_RUNS = rm -rf $(_catsdogs_proved) && env PYTHONPATH='$(catsdogs_folder)' python -m catsdogs train \
  --build $(_catsdogs_proved) $(_catsdogs_settings) -> $(_catsdogs_proved)/head.npy $(_catsdogs_proved)/predictions.csv

.PHONY: data features train finetune lessons cache report predict submit export

data: $(LABCOAT_READY) ## download DATA if needed, read every picture, and split them for training and validation
	@$(_catsdogs) data $(_catsdogs_settings)

features: $(LABCOAT_READY) ## compute and cache the features of each picture
	@$(_catsdogs) features $(_catsdogs_settings) --engine $(call _catsdogs_quote,ENGINE) --address $(call _catsdogs_quote,ADDRESS)

train: $(LABCOAT_READY) ## train the head on the features; prints the accuracy and the paths of the model and its curves
	@$(_catsdogs) train $(_catsdogs_settings)

finetune: $(LABCOAT_READY) ## train the network's last block too, on the cached outputs of the frozen blocks
	@$(_catsdogs) finetune $(_catsdogs_settings)

lessons: $(LABCOAT_READY) ## run the nine lessons at their sizes, from a network from scratch to fine-tuning, and write one table: build/lessons.md, .csv, .png
	@$(_catsdogs) lessons $(_catsdogs_settings) --lessons $(call _catsdogs_quote,LESSONS) --folds $(call _catsdogs_quote,FOLDS)

cache: $(LABCOAT_READY) ## show the cached features; PRUNE= removes some of them
	@$(_catsdogs) cache --prune $(call _catsdogs_quote,PRUNE)

report: $(LABCOAT_READY) ## write a report on the model as a self-contained web page: build/report.html; trains one if needed
	@$(_catsdogs) report $(_catsdogs_settings) $(_catsdogs_model)

predict: $(LABCOAT_READY) ## predict the class of pictures: make predict FILES="a.jpg b.jpg"
	@$(_catsdogs) predict $(_catsdogs_model) $(_catsdogs_gpu) -- $(call _catsdogs_typed,FILES)

submit: $(LABCOAT_READY) ## write Kaggle's submission file for the pictures without a class: build/submission.csv; trains a model if needed
	@$(_catsdogs) submit $(_catsdogs_settings) $(_catsdogs_model)

export: $(LABCOAT_READY) ## export the model as ONNX and LiteRT, and verify its predictions: build/model.onnx, build/model.tflite
	@$(_catsdogs) export $(_catsdogs_model) $(_catsdogs_gpu) --format $(call _catsdogs_quote,FORMAT)
