# What a person does with this repository; each target is a script that also runs alone.

.PHONY: help demo test families keras systems faults build fuzz format lint clean

help: ## Say what there is to make.
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## Carry a real PyTorch model over, prove it, and draw its attention.
	@Scripts/demo.sh

test: ## Set up what is missing, build, and run every test.
	@Scripts/test.sh

families: ## Print the table of all families: how far from PyTorch, and whether they come back.
	@Scripts/families.sh

systems: ## Print the table of the systems around the Transformer, from recurrent networks to efficient attentions.
	@Scripts/systems.sh

keras: ## Print the table of what is proved of Keras: KerasHub, graphs, tutorials, TensorFlow.
	@Scripts/keras.sh

faults: ## Print the table of the causes for which ports differ, and how many of them are named.
	@Scripts/faults.sh

build: ## Build the command for release.
	@Scripts/setup.sh
	swift build -c release --product crosswalk

fuzz: ## Fuzz the readers, guided by coverage, a minute each.
	@Scripts/fuzz.sh

format: ## Format every Swift file.
	@Scripts/format.sh --fix

lint: ## Check formatting, imports and sizes.
	@Scripts/format.sh
	@Scripts/imports.sh
	@Scripts/size.sh

clean: ## Remove what was built and downloaded.
	rm -rf .build .demo .venv .venv-tensorflow
