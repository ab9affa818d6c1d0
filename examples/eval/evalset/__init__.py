"""Parts of the generator of evaluation dialogues: names, checks, pages and one module for each group of kinds."""
