"""Three agencies on one laptop, with lived-in content: what `make demo` starts."""
