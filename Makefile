# The verbs of the house; `make help` lists them. Everything else is CMake: see docs/build.md.
.DEFAULT_GOAL := help
.PHONY: help run test build check check-deep check-asan check-tsan check-fuzz train-demo clean

JOBS ?= $(shell nproc)
GUI ?= ON
NINJA_JOBS = --parallel $(JOBS)

help: ## this list
	@sed -n 's/^\([a-z -]*\):.*## /  make \1 · /p' $(MAKEFILE_LIST)

run: build ## install what is missing, build, open the window on the demo model; without a display, in the terminal
	@if [ "$(GUI)" = ON ] && [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ]; then \
	  build/routescope --model demo; \
	else \
	  build/routescope demo; \
	fi

test: build ## install what is missing, build, run all tests
	@ctest --preset dev --parallel $(JOBS)

build: ## install what is missing, build build/routescope; GUI=OFF leaves the window out
	@sh tools/setup/install.sh build $(if $(filter ON,$(GUI)),gui)
	@cmake --preset dev -D RS_GUI=$(GUI)
	@cmake --build --preset dev $(NINJA_JOBS)

check: build ## format, tidy, layering, registered files, docs
	@sh tools/setup/install.sh check
	@sh tools/check/all.sh build $(JOBS)

check-deep: check-asan check-tsan check-fuzz ## sanitizers and fuzzing (16 minutes on two cores with a warm compiler cache)

check-asan check-tsan: check-%: ## all tests under one sanitizer: address and undefined behaviour, or threads (without the window)
	@sh tools/setup/install.sh build $(if $(filter asan,$*),gui)
	@cmake --preset $*
	@cmake --build --preset $* $(NINJA_JOBS)
	@ctest --preset $* --parallel $(JOBS) --repeat after-timeout:2

check-fuzz: ## every parser against a short run of libFuzzer; FUZZ_SECONDS=600 for a long one
	@sh tools/setup/install.sh build check
	@cmake --preset fuzz
	@cmake --build --preset fuzz $(NINJA_JOBS)
	@sh tools/check/fuzz.sh build-fuzz $(JOBS)

train-demo: ## train the demo model anew: installs LibTorch and WordNet, writes build-train/demo (hours)
	@sh tools/setup/install.sh build train
	@cmake --preset train
	@cmake --build --preset train --target rs_demo_text rs_train_demo rs_demo_export $(NINJA_JOBS)
	@sh tools/demo_model/train.sh build-train

clean: ## remove what was built
	rm -rf build build-asan build-tsan build-fuzz build-train
