#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Trains the demo model after resources/demo-model/recipe.json: train.sh BUILD. Stopped, it goes on from its last
# checkpoint when it is run again; what it has so far is exported to BUILD/demo/model either way.
set -eu
build=$1
words=/usr/share/wordnet
out=$build/demo
mkdir -p "$out"
[ -e "$out/tokenizer.json" ] || "$build/rs_demo_text" vocabulary $words "$out/tokenizer.json"
trap ' ' INT # Ctrl-C ends the training, not this script
"$build/rs_train_demo" resources/demo-model/recipe.json "$out/tokenizer.json" $words "$out" ||
  echo "train.sh: the training ended early; exporting the last checkpoint"
"$build/rs_demo_export" "$out/checkpoint.bin" "$out/tokenizer.json" "$out/model"
